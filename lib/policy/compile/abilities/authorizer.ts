import { type Abilities, itself } from './ability.js';
import { STRICTER } from './stricter.js';

/** The Lambda authorizer of API Gateway: `decide` itself, where users come in. */
export const authorizer: Abilities = {
  target: 'authorizer',
  points: ['gateway'],
  operations: {
    'literal path': itself,
    '{name}': itself,
    '/**': itself,
    rpc: {
      how: 'refused',
      note: 'API Gateway calls its integrations by HTTP/1.1 and drops trailers, which gRPC needs',
    },
    tcp: { how: 'elsewhere', note: 'workloads connect to sidecars' },
  },
  principals: {
    anyone: itself,
    token: itself,
    workload: { how: 'elsewhere', note: 'workloads call sidecars' },
    'workload with forUser': { how: 'elsewhere', note: 'workloads call sidecars' },
  },
  conditions: {
    multiFactor: itself,
    signedInWithin: itself,
    compliantDevice: itself,
    senderConstrained: itself,
    dpop: itself,
    sourceNetwork: itself,
    claim: itself,
  },
  dated: {
    'audit until': itself,
    'allow until': itself,
    'revoked token': itself,
    'withdrawn rule': itself,
    'closed service': itself,
  },
  outcomes: {
    nonCanonical: { how: 'itself', note: 'told as 403' },
    preflight: itself,
    invalidToken: itself,
    login: { how: 'elsewhere', note: 'browsers come to the gateway past it' },
    tokenRequired: itself,
    stepUp: itself,
    forbidden: itself,
    allow: itself,
  },
  told: { 'deciding rule': itself, 'wouldRefuse, wouldAllow': itself },
  limits: [
    {
      what: 'method ARN of a request to a REST API',
      most: 512,
      unit: 'characters',
      source: '[authorizer.md](authorizer.md#stricter-than-decide)',
    },
  ],
  stricter: STRICTER,
};
