import { ruleOf } from '../model/access.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { Engine } from '../model/service.js';
import type { Policy } from '../policy/policy.js';
import { destinationsByCaller } from './egress.js';
import { loginNode } from './login.js';
import { audienceOf } from './names.js';
import type { ConnectionLimits, ServiceNode } from './plan.js';

/** The nodes of the services of a model. */
export function serviceNodes(
  model: ZeroTrustModel,
  engine: Engine,
  policy: Policy,
  { maxStream }: ConnectionLimits,
): Record<string, ServiceNode> {
  const upstreams = upstreamsByCaller(model);
  const outside = destinationsByCaller(model);
  return Object.fromEntries(
    Object.entries(policy.services).map(([name, service]) => {
      const destinations = [...(outside.get(name) ?? [])].sort();
      const declared = model.services[name]!;
      const key = `services/${name}`;
      const login = loginNode(model, name);
      const node: ServiceNode = {
        key,
        name,
        protocol: service.protocol,
        authority: service.authority,
        public: declared.host !== undefined,
        audience: audienceOf(model, name),
        requestsPerSecond: declared.requestsPerSecond ?? 1000,
        ...(login && { login }),
        // Elsewhere clients have one way.
        ...(engine === 'aws' && declared.edge && { edge: declared.edge }),
        ...(service.protocol === 'tcp' && {
          connections: {
            max: declared.maxConnections ?? 1000,
            idleSeconds: Math.min(declared.idleTimeoutSeconds ?? maxStream, maxStream),
            maxSeconds: maxStream,
          },
        }),
        sidecar: {
          key: `${key}/sidecar`,
          spiffeId: service.spiffeId,
          upstreams: [...(upstreams.get(name) ?? [])].sort(),
          ...(destinations.length > 0 && { destinations }),
        },
      };
      return [name, node];
    }),
  );
}

/** Whom each workload may call at all: by some allow rule, in audit or not. */
function upstreamsByCaller(model: ZeroTrustModel): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const rule of (model.access ?? []).map(ruleOf)) {
    if (rule.effect !== 'allow') continue;
    for (const principal of rule.principals) {
      if (principal.kind !== 'workload') continue;
      found.set(principal.service, (found.get(principal.service) ?? new Set()).add(rule.service));
    }
  }
  return found;
}
