import type { Plan } from './plan.js';

/** Services that call a service, by its name, in the order of the plan. */
export function callersByService(services: Plan['services']): ReadonlyMap<string, readonly string[]> {
  const callers = new Map<string, string[]>();
  for (const { name, sidecar } of Object.values(services)) {
    for (const upstream of sidecar.upstreams) {
      const known = callers.get(upstream);
      if (known) known.push(name);
      else callers.set(upstream, [name]);
    }
  }
  return callers;
}
