import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import { GatewayService, type GatewayServiceProps } from '../gateway/index.js';
import { checkNoLoadBalancer } from '../load-balancer/checks.js';
import type { WaysByLoadBalancer } from '../load-balancer/led-in.js';
import { checkNoLogin } from '../login/checks.js';
import type { Mesh } from '../mesh/index.js';
import { SecurityAlarms } from '../visibility/index.js';
import { acknowledge } from './acknowledgements.js';
import type { ZeroTrustPlatformProps } from './props.js';

interface Around {
  readonly mesh: Mesh;
  readonly firewall: IWebFirewall;
  readonly topic: ITopic;
}

/** Throws for ways to a gateway that there is to be none of. */
export function checkNoGateway(
  scope: Construct,
  plan: Plan,
  { login, loadBalancer }: ZeroTrustPlatformProps,
): void {
  checkNoLogin(scope, plan, login);
  checkNoLoadBalancer(scope, plan, loadBalancer);
}

/** The gateway of a platform, and alarms of the load balancer by which clients come to it. */
export function platformGateway(
  place: Construct,
  given: Omit<GatewayServiceProps, 'mesh' | 'login' | 'loadBalancer'>,
  props: ZeroTrustPlatformProps,
  { mesh, firewall, topic }: Around,
): GatewayService {
  const made = new GatewayService(place, 'Gateway', {
    alarmActions: [new SnsAction(topic)],
    ...given,
    ...behindFirewall(place, props, firewall),
    mesh,
  });
  const { loadBalancerEdge: loadBalancer } = made;
  if (loadBalancer) new SecurityAlarms(place, 'Alarms', { topic, loadBalancer });
  return made;
}

/** How clients come to the gateway of a platform by a load balancer behind its firewall; nothing where none do. */
function behindFirewall(
  place: Construct,
  { login, loadBalancer }: ZeroTrustPlatformProps,
  { webAclArn }: IWebFirewall,
): WaysByLoadBalancer {
  if (!login && !loadBalancer) return {};
  acknowledge(place, login ? 'login' : 'load-balancer');
  const ways = { ...(login && { login }), ...(loadBalancer && { loadBalancer }) };
  if (login?.withoutFirewall ?? loadBalancer?.withoutFirewall) return ways;
  // As that stack sees it.
  const firewall = WebFirewall.fromWebAclArn(place, 'Firewall', webAclArn);
  return loadBalancer
    ? { ...ways, loadBalancer: { ...loadBalancer, firewall } }
    : { ...(login && { login: { ...login, firewall } }) };
}
