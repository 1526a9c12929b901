import type { Plan } from '../plan/plan.js';
import type { Decision } from '../policy/decide.js';
import { hostOf } from '../policy/request.js';
import type { PolicyDifference } from './compare.js';
import { pathClasses } from './compare-paths.js';
import { egressDecision, egressIndexOf } from './egress.js';
import type { Call } from './explain.js';

/**
 * Which calls may leave by one plan and not by the other: host by host, for the paths that no rule of
 * either tells apart, by every workload. Nothing else counts on the way out, so these are all.
 */
export function compareEgress(
  before: Plan,
  after: Plan,
  now: number,
): {
  readonly differences: readonly PolicyDifference[];
  readonly requests: number;
  readonly sampled: readonly string[];
} {
  const plans = [before, after];
  // Another port is another destination.
  const authorities = plans.flatMap(({ egress }) =>
    Object.values(egress?.destinations ?? {}).map(({ authority }) => authority),
  );
  const workloads = namesOf(plans.map(({ services }) => services));
  const differences: PolicyDifference[] = [];
  const sampled: string[] = [];
  let requests = 0;
  for (const authority of [...new Set(authorities)].sort()) {
    const host = hostOf(authority);
    const rules = plans.flatMap(({ egress }) => egress?.policy.services[host]?.rules ?? []);
    const { classes, isExact } = pathClasses(rules);
    if (!isExact) sampled.push(host);
    for (const { method, path } of classes) {
      for (const workload of workloads) {
        const call: Call = {
          method,
          authority,
          path,
          credential: { kind: 'none' },
          workload,
          sourceAddress: '192.0.2.1',
          now,
        };
        requests += 1;
        const [old, next] = [answer(before, call), answer(after, call)];
        if ((old.outcome === 'allow') === (next.outcome === 'allow')) continue;
        differences.push({
          change: next.outcome === 'allow' ? 'opened' : 'closed',
          service: host,
          method,
          path,
          caller: `the workload ${workload}`,
          requests: 1,
          example: call,
          before: old,
          after: next,
        });
      }
    }
  }
  return { differences, requests, sampled };
}

/** Whether both let the call leave, or neither does. */
export function isEgressAlike(before: Plan, after: Plan, call: Call): boolean {
  return (answer(before, call).outcome === 'allow') === (answer(after, call).outcome === 'allow');
}

function answer(plan: Plan, call: Call): Pick<Decision, 'outcome' | 'rule'> {
  const index = egressIndexOf(plan);
  const isThere = plan.egress?.destinations[hostOf(call.authority)]?.authority === call.authority;
  if (!index || !isThere || !Object.hasOwn(plan.services, call.workload ?? ''))
    return { outcome: 'forbidden' };
  const { outcome, rule } = egressDecision(plan, index, call);
  return { outcome, ...(rule !== undefined && { rule }) };
}

function namesOf(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))].sort();
}
