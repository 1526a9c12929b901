import type { AccessRule, Policy, ServicePolicy } from '../../policy.js';
import { all, type Expression, text } from './expression.js';
import { NAMESPACE } from './names.js';
import { challenged, covered, established, inForce, spokenFor } from './rule.js';
import { type CedarSchema, schemaOf } from './schema.js';
import { type Vocabulary, vocabularyDigest, vocabularyOf } from './vocabulary.js';

/** One policy, static and in Cedar's own syntax. */
export interface CedarPolicy {
  /** The service, a slash and the rule's id; a `#` and more where a rule takes several. Unique. */
  readonly id: string;
  /** The service whose resource the policy names; undefined for those about every service. */
  readonly service?: string;
  /** The rule, as decision logs name it. */
  readonly rule?: string;
  readonly effect: 'permit' | 'forbid';
  readonly statement: string;
}

/** A policy of the plan in Cedar, valid in strict mode. */
export interface CedarDocument {
  readonly schema: CedarSchema;
  /** In a fixed order. */
  readonly policies: readonly CedarPolicy[];
  /** Rules that no policy within the limit can say: no document is exact without them. */
  readonly tooLarge: readonly { readonly service: string; readonly rule: string }[];
}

/** Bytes of a policy in UTF-8: "Quotas for Amazon Verified Permissions", policy size. */
export const MAX_POLICY_BYTES = 10_000;

/** The policy that an emergency deny of a service is decided by. */
export const EMERGENCY_ID = 'emergency';
/** The policy that refuses what was filled in for another document, whose attributes may be others. */
export const VOCABULARY_ID = 'vocabulary';

const ASKED = `action in [${NAMESPACE}::Action::"call", ${NAMESPACE}::Action::"stepUp"]`;

/**
 * Compile a policy to Cedar: who fills in the entities and the context is `questionOf`. A rule becomes one
 * policy; more where it would exceed the limit, which says the same, as alternatives are alternatives.
 */
export function compileCedar(policy: Policy, maxBytes = MAX_POLICY_BYTES): CedarDocument {
  const vocabulary = vocabularyOf(policy);
  const policies: CedarPolicy[] = [
    { id: EMERGENCY_ID, effect: 'forbid', statement: named(EMERGENCY_ID, emergency()) },
    { id: VOCABULARY_ID, effect: 'forbid', statement: named(VOCABULARY_ID, foreign(vocabulary)) },
  ];
  const tooLarge: { service: string; rule: string }[] = [];
  for (const [service, { rules }] of inByteOrder<ServicePolicy>(policy.services)) {
    for (const rule of [...rules].sort((a, b) => (a.id < b.id ? -1 : 1))) {
      // The longest name that a part of the rule can have is part of its size.
      const left = maxBytes - Buffer.byteLength(named(`${service}/${rule.id}#challenge#9999`, ''));
      const written = fitted(rule, left, (part) => decision(policy, service, part));
      const asked = rule.effect === 'allow' ? fitted(rule, left, (part) => challenge(service, part)) : [];
      if (!written || !asked) tooLarge.push({ service, rule: rule.id });
      const effect = rule.effect === 'allow' ? 'permit' : 'forbid';
      const add = (statements: readonly string[], suffix: string) =>
        statements.forEach((statement, at) => {
          const id = `${service}/${rule.id}${suffix}${at === 0 ? '' : `#${at + 1}`}`;
          policies.push({ id, service, rule: rule.id, effect, statement: named(id, statement) });
        });
      add(written ?? [], '');
      add(asked ?? [], '#challenge');
    }
  }
  return { schema: schemaOf(vocabulary), policies, tooLarge };
}

/**
 * The rule that decided, as the reference names it: of the policies that Cedar says determined its answer,
 * the first rule by id. Undefined where none did, and where a policy did that is no rule: an
 * emergency deny, or a question for another document.
 */
export function decidingRule(policies: readonly string[]): string | undefined {
  // A service's name has no slash, and no id a `#`.
  if (policies.some((id) => !id.includes('/'))) return undefined;
  return policies.map((id) => id.slice(id.indexOf('/') + 1).replace(/#.*$/, '')).sort()[0];
}

function inByteOrder<Value>(values: Readonly<Record<string, Value>>): [string, Value][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The statements of a rule, each within the limit; undefined if there is no way to cut it so small. */
function fitted(
  rule: AccessRule,
  maxBytes: number,
  write: (part: AccessRule) => string | undefined,
): string[] | undefined {
  const statement = write(rule);
  if (statement === undefined) return [];
  if (Buffer.byteLength(statement) <= maxBytes) return [statement];
  for (const key of ['operations', 'principals'] as const) {
    const items = rule[key];
    if (items.length < 2) continue;
    const half = Math.ceil(items.length / 2);
    const halves = [items.slice(0, half), items.slice(half)].map((part) =>
      fitted({ ...rule, [key]: part }, maxBytes, write),
    );
    return halves.includes(undefined) ? undefined : halves.flatMap((part) => part ?? []);
  }
  return undefined;
}

/** What the rule admits or refuses; undefined if nothing. */
function decision(policy: Policy, service: string, rule: AccessRule): string | undefined {
  const held = established(policy, rule.conditions);
  const speaks = all([covered(rule.operations), inForce(rule), spokenFor(rule.principals, rule.effect)]);
  if (rule.effect === 'allow') return written('permit', ASKED, service, all([speaks, held]));
  // A deny without conditions is never lifted.
  return written('forbid', ASKED, service, speaks, rule.conditions.length > 0 ? held : false);
}

/** Whose refusal asks for a token; undefined if nobody's. */
function challenge(service: string, rule: AccessRule): string | undefined {
  const who = all([
    covered(rule.operations),
    inForce(rule),
    '!(principal has token)',
    challenged(rule.principals),
  ]);
  return written('permit', `action == ${NAMESPACE}::Action::"challenge"`, service, who);
}

function written(
  effect: 'permit' | 'forbid',
  action: string,
  service: string,
  when: Expression,
  unless: Expression = false,
): string | undefined {
  if (when === false) return undefined;
  const resource = `resource == ${NAMESPACE}::Service::${text(service)}`;
  const clauses = [
    `${effect} (principal, ${action}, ${resource})`,
    `when { ${when} }`,
    ...(unless === false ? [] : [`unless { ${unless} }`]),
  ];
  return `${clauses.join('\n')};\n`;
}

function named(id: string, statement: string): string {
  return `@id(${text(id)})\n${statement}`;
}

function emergency(): string {
  return `forbid (principal, ${ASKED}, resource)\nwhen { context.closed };\n`;
}

function foreign(vocabulary: Vocabulary): string {
  const digest = text(vocabularyDigest(vocabulary));
  return `forbid (principal, action, resource)\nwhen { context.vocabulary != ${digest} };\n`;
}
