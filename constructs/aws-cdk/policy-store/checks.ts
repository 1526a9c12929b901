import type { Construct } from 'constructs';
import { formatDiagnostic } from '../../../lib/diagnostic.js';
import {
  ABILITIES,
  MAX_RESOURCE_BYTES,
  MAX_SCHEMA_BYTES,
  MAX_STORE_POLICIES,
  POLICY_OVERHEAD_BYTES,
} from '../../../lib/policy/compile/abilities/index.js';
import type { CedarDocument } from '../../../lib/policy/compile/cedar/index.js';
import { refusalDiagnostic, refusals } from '../../../lib/policy/compile/refusal.js';
import type { Policy } from '../../../lib/policy/policy.js';
import { ConstructError } from '../support/error.js';

const FEWER = 'Hold the services in several stores, each in a stack of its own (`services`).';

/** The part of the plan's policy that the store holds. Throws for a service that the plan does not have. */
export function heldPolicy(scope: Construct, policy: Policy, services: readonly string[]): Policy {
  const unknown = services.find((name) => !Object.hasOwn(policy.services, name));
  if (unknown !== undefined || services.length === 0) {
    throw new ConstructError(scope, {
      code: 'unknown-service',
      message: unknown === undefined ? 'the store would hold nothing' : 'the plan has no such service',
      prop: 'services',
      found: JSON.stringify(unknown ?? services),
      expected: Object.keys(policy.services).join(', '),
      remedy: 'Name services of the plan.',
    });
  }
  const held = Object.entries(policy.services).filter(([name]) => services.includes(name));
  return { ...policy, services: Object.fromEntries(held) };
}

/** Throws for a rule that Cedar cannot say exactly, with a request that would show it. */
export function checkExpressible(scope: Construct, policy: Policy): void {
  const [first] = refusals(ABILITIES.cedar, policy);
  if (!first) return;
  const diagnostic = refusalDiagnostic(first, `services.${first.service}, rule ${first.rule.id}`);
  throw new ConstructError(scope, {
    code: diagnostic.code,
    message: formatDiagnostic(diagnostic),
    prop: 'plan',
    remedy: 'Choose one of these.',
  });
}

/** Throws for what Verified Permissions or CloudFormation would refuse for its size. */
export function checkSizes(scope: Construct, { schema, policies, tooLarge }: CedarDocument): void {
  const refuse = (what: string, found: number, most: number, remedy: string) => {
    if (found <= most) return;
    throw new ConstructError(scope, {
      code: 'policy-store-too-large',
      message: `${what} is more than one store takes`,
      prop: 'plan',
      found: String(found),
      expected: `at most ${most}`,
      remedy,
    });
  };
  refuse('the number of rules that no policy can hold', tooLarge.length, 0, FEWER);
  refuse('the schema in bytes', Buffer.byteLength(JSON.stringify(schema)), MAX_SCHEMA_BYTES, FEWER);
  for (const [service, own] of Map.groupBy(policies, (policy) => policy.service)) {
    const bytes = own.reduce(
      (sum, { statement }) => sum + Buffer.byteLength(statement) + POLICY_OVERHEAD_BYTES,
      0,
    );
    const what = `all policies of ${service ?? 'every service'} in bytes`;
    refuse(
      what,
      bytes,
      MAX_RESOURCE_BYTES,
      'Write fewer or wider rules for the service, or ask AWS for a higher quota.',
    );
  }
  refuse('the number of policies in the stack', policies.length, MAX_STORE_POLICIES, FEWER);
}
