import { hash } from 'node:crypto';
import { METHODS, type Operation } from '../model/access.js';
import { authorityOfDestination, destinationOf } from '../model/destination.js';
import { type EgressRule, egressRuleOf } from '../model/egress.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { AccessRule, Policy } from '../policy/policy.js';
import { canonicalJson } from './json.js';
import { EGRESS, namespaceOf, spiffeId } from './names.js';
import type { DestinationNode, EgressNode } from './plan.js';
import { secondsOf } from './policy.js';

/** Requests a second that the egress gateway admits to one destination. */
const REQUESTS_PER_SECOND = 1000;

/** What an egress rule without operations is about. */
const EVERY_OPERATION: readonly Operation[] = METHODS.map((method) => `${method} /**` as const);

/** The egress gateway of a model that has been checked; none where nothing may leave. */
export function egressNode(model: ZeroTrustModel, trustDomain: string): EgressNode | undefined {
  const rules = egressRules(model);
  if (rules.length === 0) return undefined;
  const own = spiffeId(trustDomain, namespaceOf(model), EGRESS);
  const byHost = Map.groupBy(rules, ({ destination }) => destinationOf(destination).host);
  return {
    key: EGRESS,
    spiffeId: own,
    destinations: Object.fromEntries(
      [...byHost].map(([host, [first]]) => [host, destinationNode(first!.destination)]),
    ),
    policy: egressPolicy(model, byHost, own, trustDomain),
  };
}

/** The hosts that some rule, in audit or not, lets each workload call; it has a way to no other. */
export function destinationsByCaller(model: ZeroTrustModel): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  for (const { principals, destination } of egressRules(model)) {
    const { host } = destinationOf(destination);
    for (const { service } of principals) {
      found.set(service, (found.get(service) ?? new Set()).add(host));
    }
  }
  return found;
}

/** The id of an egress rule: its name, or the host and a hash of what it says. */
export function egressRuleId(rule: EgressRule): string {
  if (rule.name !== undefined) return rule.name;
  return `${destinationOf(rule.destination).host}.${hash('sha256', canonicalJson(rule)).slice(0, 8)}`;
}

function egressRules(model: ZeroTrustModel): EgressRule[] {
  return (model.egress ?? []).map(egressRuleOf);
}

function destinationNode(destination: string): DestinationNode {
  const { host, port } = destinationOf(destination);
  return {
    key: `${EGRESS}/${host}`,
    host,
    port,
    authority: authorityOfDestination({ host, port }),
    requestsPerSecond: REQUESTS_PER_SECOND,
  };
}

/** Destinations as services that only the egress gateway stands before, so that one reference judges both ways. */
function egressPolicy(
  model: ZeroTrustModel,
  byHost: ReadonlyMap<string, readonly EgressRule[]>,
  own: string,
  trustDomain: string,
): Policy {
  const accessRule = (rule: EgressRule): AccessRule => ({
    id: egressRuleId(rule),
    effect: 'allow',
    principals: rule.principals.map(({ service }) => ({
      kind: 'workload',
      spiffeId: spiffeId(trustDomain, namespaceOf(model), service),
    })),
    operations: rule.operations ?? EVERY_OPERATION,
    conditions: [],
    ...(rule.audit && { auditUntil: secondsOf(rule.audit.until) }),
    ...(rule.until !== undefined && { until: secondsOf(rule.until) }),
  });
  const byId = (a: AccessRule, b: AccessRule) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
  return {
    gateways: [],
    issuers: {},
    services: Object.fromEntries(
      [...byHost].map(([host, rules]) => [
        host,
        {
          protocol: 'http',
          authority: host,
          public: false,
          spiffeId: own,
          audiences: {},
          rules: rules.map(accessRule).sort(byId),
        },
      ]),
    ),
  };
}
