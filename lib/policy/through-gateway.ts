import type { Policy } from './policy.js';
import type { Request } from './request.js';

/** Whether a request came through a gateway. No connection does: there a gateway's certificate is one like any other. */
export function isThroughGateway(
  { gateways, services }: Pick<Policy, 'gateways' | 'services'>,
  { point, peer }: Pick<Request, 'point' | 'peer'>,
): boolean {
  if (point.kind === 'gateway') return true;
  const isKnown = peer !== undefined && gateways.includes(peer);
  return isKnown && services[point.service]?.protocol !== 'tcp';
}
