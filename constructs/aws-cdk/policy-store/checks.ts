import type { Construct } from 'constructs';
import { formatDiagnostic } from '../../../lib/diagnostic.js';
import {
  ABILITIES,
  MAX_RESOURCE_BYTES,
  MAX_SCHEMA_BYTES,
  MAX_STORE_POLICIES,
  POLICY_OVERHEAD_BYTES,
} from '../../../lib/policy/compile/abilities/index.js';
import type { CedarDocument, CedarPolicy } from '../../../lib/policy/compile/cedar/index.js';
import { refusalDiagnostic, refusalOf, refusals, requestLine } from '../../../lib/policy/compile/refusal.js';
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

/**
 * Throws for what Verified Permissions or CloudFormation would refuse for its size, with a request that the rules
 * which would fit decide otherwise. Of a schema none is shown: without its schema a store holds no rule at all.
 */
export function checkSizes(
  scope: Construct,
  policy: Policy,
  { schema, policies, tooLarge }: CedarDocument,
): void {
  const refuse = (what: string, found: number, most: number, remedy: string, left?: CedarPolicy) => {
    if (found <= most) return;
    throw new ConstructError(scope, {
      code: 'policy-store-too-large',
      message: `${what} is more than one store takes${left ? withoutRule(policy, left) : ''}`,
      prop: 'plan',
      found: String(found),
      expected: `at most ${most}`,
      remedy,
    });
  };
  refuse('the number of rules that no policy can hold', tooLarge.length, 0, FEWER);
  refuse('the schema in bytes', Buffer.byteLength(JSON.stringify(schema)), MAX_SCHEMA_BYTES, FEWER);
  for (const [service, own] of Map.groupBy(policies, (one) => one.service)) {
    let bytes = 0;
    const sizes = own.map(({ statement }) => (bytes += Buffer.byteLength(statement) + POLICY_OVERHEAD_BYTES));
    const what = `all policies of ${service ?? 'every service'} in bytes`;
    const remedy = 'Write fewer or wider rules for the service, or ask AWS for a higher quota.';
    refuse(
      what,
      bytes,
      MAX_RESOURCE_BYTES,
      remedy,
      own[sizes.findIndex((size) => size > MAX_RESOURCE_BYTES)],
    );
  }
  const { length } = policies;
  refuse(
    'the number of policies in the stack',
    length,
    MAX_STORE_POLICIES,
    FEWER,
    policies[MAX_STORE_POLICIES],
  );
}

/** The first rule that would not fit, and a request about which the store would be wrong without it. */
function withoutRule(policy: Policy, { service, rule: id }: CedarPolicy): string {
  const rule =
    service === undefined ? undefined : policy.services[service]!.rules.find((one) => one.id === id);
  if (service === undefined || !rule) return '';
  const { operations } = rule;
  const points = ABILITIES.cedar.points;
  const gap = {
    service,
    rule,
    feature: 'policies of a store',
    why: 'it would be left out',
    operations,
    points,
  };
  const { counterexample } = refusalOf(ABILITIES.cedar, policy, gap);
  if (!counterexample) return `: the rule ${rule.id} and what follows would be left out`;
  const { request, reference, point } = counterexample;
  return `: without the rule ${rule.id}, the first beyond, it would say ${point} and the reference says ${reference} of ${requestLine(request)}`;
}
