import type { Construct } from 'constructs';
import { comesByLoadBalancer } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { LoginOptions } from '../login/props.js';
import { ConstructError } from '../support/error.js';
import type { LoadBalancedService, LoadBalancerOptions, LoadBalancerSettings } from './props.js';

/** The ways by the load balancer, as they are given. */
export interface WaysByLoadBalancer {
  readonly login?: LoginOptions;
  readonly loadBalancer?: LoadBalancerOptions;
}

/** Everything that one load balancer leads to. */
export interface LedIn extends LoadBalancerSettings {
  readonly services: Readonly<Record<string, LoadBalancedService>>;
  /** Where the load balancer may fetch keys, if it looks at tokens. @default everywhere */
  readonly keyNetworks?: readonly string[];
  /** The prop that a service stands in. */
  readonly propOf: (service: string) => string;
  /** The prop that the settings stand in. */
  readonly prop: string;
}

const SETTINGS = ['subnets', 'allowedNetworks', 'minimumTls', 'firewall', 'withoutFirewall'] as const;

/** The services of a plan to which a load balancer leads clients, browsers that sign in or others. */
export function loadBalancedServices({ gateway, services }: Plan): readonly string[] {
  return gateway.services.filter((name) => comesByLoadBalancer(services[name]!));
}

/**
 * What the one load balancer serves, logins first: a service that comes changes nothing for those that are there. Undefined
 * where there is none. Throws for a setting that is given twice.
 */
export function ledIn(scope: Construct, { login, loadBalancer }: WaysByLoadBalancer): LedIn | undefined {
  if (!login && !loadBalancer) return undefined;
  const twice = SETTINGS.find((name) => login?.[name] !== undefined && loadBalancer?.[name] !== undefined);
  if (twice !== undefined) {
    throw new ConstructError(scope, {
      code: 'setting-twice',
      message:
        'one load balancer leads in browsers that sign in and other clients, and it has one setting for all',
      prop: `loadBalancer.${twice}`,
      found: `login.${twice} and loadBalancer.${twice}`,
      expected: 'one of the two',
      remedy: `Remove login.${twice}.`,
    });
  }
  const { sealRotation: _, services: logins = {}, ...ofLogin } = login ?? {};
  const { services: others = {}, ...ofOthers } = loadBalancer ?? {};
  return {
    ...ofLogin,
    ...ofOthers,
    services: { ...logins, ...others },
    propOf: (service) => `${Object.hasOwn(others, service) ? 'loadBalancer' : 'login'}.services.${service}`,
    prop: loadBalancer ? 'loadBalancer' : 'login',
  };
}
