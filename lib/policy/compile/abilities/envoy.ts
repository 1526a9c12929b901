import { operationOf } from '../../operation.js';
import type { AccessRule, Policy } from '../../policy.js';
import { MAX_PROGRAM_SIZE } from '../envoy/index.js';
import { type Abilities, itself } from './ability.js';

/** Entries that the routes of one Envoy take in. */
export const MAX_REVOCATIONS = 1000;

/** An Envoy as gateway or sidecar (`compile/envoy`). */
export const envoy: Abilities = {
  target: 'envoy',
  points: ['gateway', 'sidecar'],
  operations: { 'literal path': itself, '{name}': itself, '/**': itself, rpc: itself, tcp: itself },
  principals: { anyone: itself, token: itself, workload: itself, 'workload with forUser': itself },
  conditions: {
    multiFactor: itself,
    signedInWithin: itself,
    compliantDevice: itself,
    senderConstrained: itself,
    dpop: {
      how: 'refused',
      only: 'gateway',
      note: 'where the client’s connection ends a proof is verified and used up, which no filter of Envoy can; behind an edge yes',
    },
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
    nonCanonical: itself,
    preflight: itself,
    invalidToken: itself,
    login: itself,
    tokenRequired: itself,
    stepUp: itself,
    forbidden: itself,
    allow: itself,
  },
  told: { 'deciding rule': itself, 'wouldRefuse, wouldAllow': itself },
  limits: [
    {
      what: 'path with `{name}`',
      most: MAX_PROGRAM_SIZE,
      unit: 'RE2 instructions',
      source: '`re2.max_program_size.error_level` in the bootstrap',
      measure: programSize,
    },
    {
      what: 'revocation document',
      most: MAX_REVOCATIONS,
      unit: 'entries; by decision services as many as 1 MiB holds',
      source: '`revocation.maxEntries`',
    },
  ],
};

/** An Envoy behind an edge that has judged what hangs on the client's connection and proof. */
export const ENVOY_BEHIND_EDGE: Abilities = { ...envoy, conditions: { ...envoy.conditions, dpop: itself } };

/**
 * Instructions of the expression that `compile/envoy` writes for a path, as Envoy 1.40 counts them: one for
 * each literal character, four for a parameter with its slash, five for `/**`, four around it all. A path
 * without a parameter is compared as text. Envoy refuses the whole configuration with a larger one.
 */
export function programSize(_policy: Policy, _service: string, { operations }: AccessRule): number {
  const sizes = operations.map((operation) => {
    const { segments, rest } = operationOf(operation);
    if (!segments.includes(undefined)) return 0;
    const literals = segments.map((segment) => (segment === undefined ? 4 : 1 + segment.length));
    return literals.reduce((sum, size) => sum + size, 4 + (rest ? 5 : 0));
  });
  return Math.max(...sizes);
}
