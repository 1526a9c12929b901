import { excerpt } from '../diagnostic.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

/**
 * A service to which no load balancer can lead clients: without a public host, of another protocol, with one already, or, on AWS, with
 * a decision service beside the gateway, which would take what hangs on the client's connection for judged.
 */
export const loadBalancerService: Check = {
  id: 'load-balancer-service',
  severity: 'error',
  optOut: false,
  run: (context) => Object.keys(context.model.services).flatMap((name) => serviceOf(name, context)),
};

function serviceOf(name: string, { model, engine }: CheckContext): Finding[] {
  const { edge, login, host, protocol, decisionService } = model.services[name]!;
  if (edge === undefined) return [];
  const report = (key: string, message: string, detail: Partial<Finding>) => [
    finding(['services', name, key], message, detail),
  ];
  if (host === undefined) {
    return report('edge', 'the service has no public host, so no client reaches it', {
      remedy: 'give it a `host`, or leave `edge` out',
    });
  }
  if (protocol !== 'http') {
    return report('edge', 'the gateway takes HTTP services alone of a load balancer', {
      found: excerpt(protocol),
      expected: '`http(…)`',
      remedy: 'leave `edge` out',
    });
  }
  if (login) {
    return report('edge', 'a load balancer leads clients to a service with `login` in any case', {
      remedy: 'leave `edge` out',
    });
  }
  if (engine !== 'aws' || decisionService !== 'everyPoint') return [];
  return report(
    'decisionService',
    'the decision service beside the gateway judges what an authorizer has let through, and none stands here',
    {
      found: excerpt(decisionService),
      expected: "`decisionService: 'sidecar'`, or none",
      remedy: 'leave out one of the two',
    },
  );
}
