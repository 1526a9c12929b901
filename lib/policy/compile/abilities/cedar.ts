import type { AccessRule, Policy } from '../../policy.js';
import { compileCedar, MAX_POLICY_BYTES } from '../cedar/index.js';
import { type Abilities, caller, itself } from './ability.js';

const QUOTAS = '"Quotas for Amazon Verified Permissions"';

/**
 * Bytes of all policies about one resource, and of those about every resource. By "Policy size per resource" it is
 * 1 MB in most regions today, but 200,000 for those that name the same principal and resource, which cannot be
 * raised; ours name no principal, so the lower counts.
 */
export const MAX_RESOURCE_BYTES = 200_000;
/** Policies of one store in one stack. */
export const MAX_STORE_POLICIES = 499;
/** Bytes that each policy counts for besides its text: "up to a few hundred" ("Policy size per resource"). */
export const POLICY_OVERHEAD_BYTES = 300;
/** Bytes of a schema: 200,000 today; some pages of the same guide still say 100,000, so the lower counts. */
export const MAX_SCHEMA_BYTES = 100_000;

/** Cedar as the external decision point, by itself or in Amazon Verified Permissions (`compile/cedar`). */
export const cedar: Abilities = {
  target: 'cedar',
  points: ['gateway', 'sidecar'],
  operations: {
    'literal path': caller('which splits the path'),
    '{name}': caller('which splits the path'),
    '/**': caller('which splits the path'),
    rpc: caller('which splits the path'),
    tcp: itself,
  },
  principals: { anyone: itself, token: itself, workload: itself, 'workload with forUser': itself },
  conditions: {
    multiFactor: itself,
    signedInWithin: caller('which tells the age: Cedar has no clock, and its numbers are whole'),
    compliantDevice: itself,
    senderConstrained: caller('which compares the certificate'),
    dpop: caller('which verifies the proof'),
    sourceNetwork: itself,
    claim: { how: 'itself', note: 'numbers compared as text' },
  },
  dated: {
    'audit until': caller('which tells the time'),
    'allow until': caller('which tells the time'),
    'revoked token': caller(),
    'withdrawn rule': caller('which names the withdrawn rules'),
    'closed service': caller('which says whether it is closed'),
  },
  outcomes: {
    nonCanonical: caller(),
    preflight: caller(),
    invalidToken: caller(),
    login: caller(),
    tokenRequired: { how: 'itself', note: 'by a second question' },
    stepUp: { how: 'itself', note: 'by a second question' },
    forbidden: itself,
    allow: itself,
  },
  told: { 'deciding rule': itself, 'wouldRefuse, wouldAllow': { how: 'untold' } },
  limits: [
    { what: 'policy', most: MAX_POLICY_BYTES, unit: 'bytes', source: QUOTAS, measure: policyBytes },
    {
      what: 'policies of a service',
      most: MAX_RESOURCE_BYTES,
      unit: `bytes, ${POLICY_OVERHEAD_BYTES} more for each policy`,
      source: QUOTAS,
    },
    {
      what: 'policies of a store',
      most: MAX_STORE_POLICIES,
      unit: 'policies',
      source: '"AWS CloudFormation quotas": 500 resources a stack, the store is one',
    },
    { what: 'schema', most: MAX_SCHEMA_BYTES, unit: 'bytes', source: QUOTAS },
  ],
};

/** Bytes of the largest policy of a rule. */
function policyBytes(policy: Policy, service: string, part: AccessRule): number {
  const alone = { ...policy.services[service]!, rules: [part] };
  const { policies } = compileCedar({ ...policy, services: { [service]: alone } }, Number.POSITIVE_INFINITY);
  return Math.max(...policies.map(({ statement }) => Buffer.byteLength(statement)));
}
