import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import { GatewayService, type GatewayServiceProps } from '../gateway/index.js';
import type { BrowserEdgeOptions } from '../login/index.js';
import type { Mesh } from '../mesh/index.js';
import { SecurityAlarms } from '../visibility/index.js';
import { acknowledge } from './acknowledgements.js';
import type { ZeroTrustPlatformProps } from './props.js';

interface Around {
  readonly mesh: Mesh;
  readonly firewall: IWebFirewall;
  readonly topic: ITopic;
}

/** The gateway of a platform, and alarms of the way by which browsers come to it that sign in. */
export function platformGateway(
  place: Construct,
  given: Omit<GatewayServiceProps, 'mesh' | 'login'>,
  props: ZeroTrustPlatformProps,
  { mesh, firewall, topic }: Around,
): GatewayService {
  const made = new GatewayService(place, 'Gateway', {
    alarmActions: [new SnsAction(topic)],
    ...given,
    ...gatewayLogin(place, props, firewall),
    mesh,
  });
  const { browserEdge: browsers } = made;
  if (browsers) new SecurityAlarms(place, 'Alarms', { topic, browsers });
  return made;
}

/** How browsers come to the gateway of a platform, behind its firewall; nothing where none sign in. */
function gatewayLogin(
  place: Construct,
  { login }: ZeroTrustPlatformProps,
  { webAclArn }: IWebFirewall,
): { readonly login?: BrowserEdgeOptions } {
  if (!login) return {};
  acknowledge(place, 'login');
  if (login.withoutFirewall) return { login };
  // As that stack sees it.
  return { login: { ...login, firewall: WebFirewall.fromWebAclArn(place, 'Firewall', webAclArn) } };
}
