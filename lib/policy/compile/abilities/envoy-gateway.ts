import { type Abilities, type Ability, itself } from './ability.js';

const TOKEN: Ability = {
  how: 'refused',
  note: 'Envoy Gateway takes a token 60 seconds after its end and looks at neither `typ` nor `crit`; left to the decision service',
};
const CLOCK: Ability = { how: 'refused', note: 'Envoy Gateway has no clock; left to the decision service' };
const GATEWAY_ONLY: Ability = { how: 'elsewhere', note: 'workloads call sidecars' };

/** A gateway of Envoy Gateway by its own objects (`compile/envoy-gateway`), behind the canonical filter. */
export const envoyGateway: Abilities = {
  target: 'envoy-gateway',
  points: ['gateway'],
  operations: {
    'literal path': itself,
    '{name}': { how: 'itself', note: 'as an expression' },
    '/**': { how: 'itself', note: 'as a prefix, which ends at a segment' },
    rpc: itself,
    tcp: { how: 'elsewhere', note: 'a TCP service has no public host' },
  },
  principals: {
    anyone: itself,
    token: TOKEN,
    workload: GATEWAY_ONLY,
    'workload with forUser': GATEWAY_ONLY,
  },
  conditions: {
    multiFactor: TOKEN,
    signedInWithin: TOKEN,
    compliantDevice: TOKEN,
    senderConstrained: TOKEN,
    dpop: TOKEN,
    sourceNetwork: {
      how: 'refused',
      note: 'an authorization knows one list of networks a rule, and none that it must not be; left to the decision service',
    },
    claim: TOKEN,
  },
  dated: {
    'audit until': CLOCK,
    'allow until': CLOCK,
    'revoked token': CLOCK,
    'withdrawn rule': CLOCK,
    'closed service': CLOCK,
  },
  outcomes: {
    nonCanonical: { how: 'itself', note: 'by an EnvoyPatchPolicy' },
    preflight: { how: 'itself', note: 'by the filter of an HTTPRoute' },
    invalidToken: TOKEN,
    login: { how: 'elsewhere', note: 'refused on this engine' },
    tokenRequired: { how: 'refused', note: 'without `jwt` there is no 401; left to the decision service' },
    stepUp: TOKEN,
    forbidden: itself,
    allow: itself,
  },
  told: {
    'deciding rule': { how: 'untold', note: 'the decision service tells it' },
    'wouldRefuse, wouldAllow': { how: 'untold' },
  },
  limits: [],
};
