import type { Construct } from 'constructs';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import type { BrowserEdgeOptions } from '../login/index.js';
import { acknowledge } from './acknowledgements.js';
import type { ZeroTrustPlatformProps } from './props.js';

/** How browsers come to the gateway of a platform, behind its firewall; nothing where none sign in. */
export function gatewayLogin(
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
