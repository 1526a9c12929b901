import type { Decider } from '../plan/delegation.js';
import type { Policies } from '../policy/compile/envoy/index.js';

/** Names of the one policy that admits whatever comes to such a route, and of no rule; they show in the log. */
const ONWARD: Readonly<Record<Decider, string>> = { decisionService: '!decision', sidecar: '!sidecar' };

/** Admits every request of a route: whether it passes somebody else decides. */
export function onwardPolicies(to: Decider): Policies {
  return { [ONWARD[to]]: { permissions: [{ any: true }], principals: [{ any: true }] } };
}
