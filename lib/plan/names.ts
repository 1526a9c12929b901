import type { Engine } from '../model/service.js';
import type { ZeroTrustModel } from '../model/platform.js';

/** The service account of every gateway; no service may take the name. */
export const GATEWAY = 'gateway';

/** The point through which others fetch issuers' keys, and its service account. */
export const KEY_TUNNEL = 'key-tunnel';

/** The one way out, and its service account. */
export const EGRESS = 'egress';

export function trustDomainOf(model: ZeroTrustModel, engine: Engine): string {
  return model.authority?.trustDomains?.[engine] ?? `${engine}.${model.environment}.${model.trustDomain}`;
}

export function namespaceOf(model: ZeroTrustModel): string {
  return model.authority?.namespace ?? 'default';
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<service>`: the form that Istio fixes, on every engine. */
export function spiffeId(trustDomain: string, namespace: string, service: string): string {
  return `spiffe://${trustDomain}/ns/${namespace}/sa/${service}`;
}

/** The one host name of a service: its public host, or an internal name that resolves nowhere else. */
export function authorityOf(model: ZeroTrustModel, name: string): string {
  return (
    model.services[name]?.host?.toLowerCase() ?? `${name}.${model.environment}.${model.trustDomain}.internal`
  );
}

export function audienceOf(model: ZeroTrustModel, name: string): string {
  return model.services[name]?.audience ?? `https://${authorityOf(model, name)}`;
}

/** The key of an issuer that only pipelines use: pipelines of one issuer share it. */
export function pipelineIssuerKey(issuer: string): string {
  return `pipelines.${issuer.replace(/^https:\/\//, '').replace(/[^A-Za-z0-9]+/g, '-')}`;
}

/**
 * The first point on a client's way. On AWS it is the authorizer, because API Gateway ends the client's connection; but where
 * clients come by a load balancer, no authorizer stands before the gateway.
 */
export function clientEndsAt(engine: Engine, service: LedIn = {}): string {
  return engine === 'aws' && !comesByLoadBalancer(service) ? 'authorizer' : GATEWAY;
}

/** What says how clients come to a service. */
interface LedIn {
  readonly login?: unknown;
  readonly edge?: unknown;
}

/**
 * Whether a load balancer leads clients to the gateway on AWS: browsers that sign in, because they bring no token to an authorizer,
 * and where the model says so.
 */
export function comesByLoadBalancer({ login, edge }: LedIn): boolean {
  return login !== undefined || edge === 'loadBalancer';
}

/** Whether a load balancer leads clients to any service. */
export function hasLoadBalancer({
  services,
}: {
  readonly services: Readonly<Record<string, LedIn>>;
}): boolean {
  return Object.values(services).some(comesByLoadBalancer);
}
