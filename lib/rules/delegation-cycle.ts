import { type Check, type Finding, finding } from './support/check.js';
import type { LocatedPrincipal } from './support/context.js';

/** Workloads that act for a user at one another in a circle, so that a user's call could go round without end. */
export const delegationCycle: Check = {
  id: 'delegation-cycle',
  severity: 'error',
  optOut: false,
  run({ principals }) {
    const calls = new Map<string, Map<string, LocatedPrincipal>>();
    for (const located of principals) {
      const { rule, principal } = located;
      if (rule.effect === 'deny' || principal.kind !== 'workload' || !principal.forUser) continue;
      if (principal.service === rule.service) continue;
      const callees = calls.get(principal.service) ?? new Map<string, LocatedPrincipal>();
      calls.set(principal.service, callees);
      if (!callees.has(rule.service)) callees.set(rule.service, located);
    }
    return cycles(calls);
  },
};

/** One finding for each call that closes a circle, by a search that sees every call once. */
function cycles(calls: ReadonlyMap<string, ReadonlyMap<string, LocatedPrincipal>>): Finding[] {
  const found: Finding[] = [];
  const done = new Set<string>();
  for (const start of calls.keys()) {
    const way: { service: string; callees: IterableIterator<[string, LocatedPrincipal]> }[] = [];
    const enter = (service: string) =>
      way.push({ service, callees: (calls.get(service) ?? new Map()).entries() });
    if (!done.has(start)) enter(start);
    for (let top = way.at(-1); top; top = way.at(-1)) {
      const next = top.callees.next();
      if (next.done) {
        done.add(top.service);
        way.pop();
        continue;
      }
      const [callee, { at }] = next.value;
      const from = way.findIndex(({ service }) => service === callee);
      if (from !== -1) {
        const circle = [...way.slice(from).map(({ service }) => service), callee].join(' → ');
        const remedy = 'let one of them act for itself there, or take the call out';
        found.push(finding([...at, 'forUser'], `acting for users goes in a circle: ${circle}`, { remedy }));
      } else if (!done.has(callee)) {
        enter(callee);
      }
    }
  }
  return found;
}
