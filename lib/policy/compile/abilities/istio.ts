import { type Abilities, type Ability, itself } from './ability.js';

const TOKEN: Ability = {
  how: 'refused',
  note: 'Istio takes a token 60 seconds after its end and looks at neither `typ` nor `crit`; left to the decision service',
};
const CLOCK: Ability = {
  how: 'refused',
  note: 'Istio has no clock; of requests left to the decision service',
};

/** A sidecar of Istio by Istio's own objects (`compile/istio`), behind the canonical filter. */
export const istio: Abilities = {
  target: 'istio',
  points: ['sidecar'],
  operations: {
    'literal path': itself,
    '{name}': { how: 'itself', note: 'as `{*}`' },
    '/**': { how: 'itself', note: 'as two paths' },
    rpc: itself,
    tcp: {
      how: 'itself',
      note: 'asked at the first byte of the caller, before which an EnvoyFilter opens no connection to the service',
    },
  },
  principals: {
    anyone: { how: 'itself', note: 'the principal of the ingress gateway' },
    token: TOKEN,
    workload: itself,
    'workload with forUser': TOKEN,
  },
  conditions: {
    multiFactor: TOKEN,
    signedInWithin: TOKEN,
    compliantDevice: TOKEN,
    senderConstrained: TOKEN,
    dpop: TOKEN,
    sourceNetwork: itself,
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
    nonCanonical: { how: 'itself', note: 'by an EnvoyFilter' },
    preflight: { how: 'elsewhere', note: 'the gateway answers them' },
    invalidToken: TOKEN,
    login: { how: 'elsewhere', note: 'the gateway answers them' },
    tokenRequired: {
      how: 'refused',
      note: 'without `RequestAuthentication` Istio has no 401; left to the decision service',
    },
    stepUp: TOKEN,
    forbidden: itself,
    allow: itself,
  },
  told: { 'deciding rule': { how: 'untold' }, 'wouldRefuse, wouldAllow': { how: 'untold' } },
  limits: [],
};
