import { canonicalJson } from '../plan/json.js';
import type { Plan } from '../plan/plan.js';
import { CONNECTION } from '../policy/operation.js';
import type { AccessRule } from '../policy/policy.js';
import { type Facts, factsOf } from './compare-facts.js';
import { datesOf } from './compare-instant.js';
import { type PathClass, pathClasses } from './compare-paths.js';

/** One operation, asked by all callers with one kind of token. */
export interface Question {
  readonly service: string;
  readonly authority: string;
  readonly path: PathClass;
  readonly workload?: string;
  readonly facts: Facts;
  readonly now: number;
  /** Instants after that at which an answer may change by itself, in their order. */
  readonly later: readonly number[];
  /** Whether the paths are all that rules tell apart. */
  readonly hasAllPaths: boolean;
}

export function* questionsOf(
  plans: readonly Plan[],
  service: string,
  now: number,
  isFirst: boolean,
): Generator<Question> {
  const policies = plans.map((plan) => plan.policy.services[service]);
  const rules = policies.flatMap((policy) => policy?.rules ?? []);
  const isAlike = sameFrame(plans, service);
  const renewals = plans.flatMap(({ revocation }) => revocation.document.entries.map(({ until }) => until));
  const { classes, isExact } = pathClasses(rules);
  const split = policies[0]?.rules.length ?? 0;
  for (const path of classes) {
    const covering = path.rules.map((at) => rules[at]!);
    const [old, next] = [path.rules.filter((at) => at < split), path.rules.filter((at) => at >= split)].map(
      (places) =>
        canonicalJson(
          places
            .map((at) => meaningOf(rules[at]!))
            .sort((a, b) => (canonicalJson(a) < canonicalJson(b) ? -1 : 1)),
        ),
    );
    if (isAlike && old === next) continue;
    // Later only what changes at that instant.
    const dates = new Set([...renewals, ...covering.flatMap(datesOf)]);
    if (!isFirst && !dates.has(now)) continue;
    const later = [...dates].filter((date) => date > now).sort((a, b) => a - b);
    for (const authority of new Set(policies.flatMap((policy) => policy?.authority ?? []))) {
      for (const workload of [undefined, ...callersOf(plans, service, covering)]) {
        // A connection carries no token.
        const issuers = path.method === CONNECTION ? [] : issuersOf(plans);
        for (const issuer of [undefined, ...issuers]) {
          const facts = factsOf(plans, service, covering, issuer, now);
          yield {
            service,
            authority,
            path,
            facts,
            now,
            later,
            hasAllPaths: isExact,
            ...(workload !== undefined && { workload }),
          };
        }
      }
    }
  }
}

export function servicesOf(plans: readonly Plan[]): string[] {
  return [...new Set(plans.flatMap((plan) => Object.keys(plan.services)))].sort();
}

/** Workloads that some rule names, and one that none does. */
function callersOf(plans: readonly Plan[], service: string, rules: readonly AccessRule[]): string[] {
  const named = new Set(
    rules.flatMap(({ principals }) =>
      principals.flatMap((one) => (one.kind === 'workload' ? [one.spiffeId] : [])),
    ),
  );
  const callers = servicesOf(plans).filter((name) => name !== service);
  const isNamed = (name: string) =>
    plans.some((plan) => named.has(plan.services[name]?.sidecar.spiffeId ?? ''));
  const stranger = callers.find((name) => !isNamed(name));
  return [...callers.filter(isNamed), ...(stranger === undefined ? [] : [stranger])];
}

function issuersOf(plans: readonly Plan[]): string[] {
  const all = plans.flatMap((plan) => Object.values(plan.policy.issuers).map(({ issuer }) => issuer));
  return [...new Set(all)].sort();
}

/** Whether everything but rules is the same: then what the same rules cover is decided alike. */
function sameFrame(plans: readonly Plan[], service: string): boolean {
  const [old, next] = plans.map((plan) => {
    const { rules: _, ...frame } = plan.policy.services[service] ?? { rules: [] };
    const { dpop = false, gateways, issuers } = plan.policy;
    return canonicalJson({ frame, dpop, gateways, issuers });
  });
  // What is revoked goes by the names of rules.
  return old === next && plans.every(({ revocation }) => revocation.document.entries.length === 0);
}

/** What a rule says, whatever it is called and wherever else it applies. */
function meaningOf(rule: AccessRule) {
  const { id: _, operations: __, ...meaning } = rule;
  return meaning;
}
