import { Token } from 'aws-cdk-lib';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { comesByLoadBalancer } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { checkNetworks } from '../edge/checks.js';
import { checkZone } from '../edge/domain.js';
import { checkMinimumTls } from '../edge/tls.js';
import { ConstructError } from '../support/error.js';
import { namedServices } from '../support/named-services.js';
import { checkServiceParts } from '../support/required.js';
import { checkEnvironment, placed } from '../support/same-environment.js';
import { checkedServices } from './jwt-checks.js';
import type { LedIn } from './led-in.js';
import type { LoadBalancerOptions } from './props.js';

/** The services of a plan to which the load balancer leads clients because the model says so. */
function wantedServices({ gateway, services }: Plan): readonly string[] {
  return gateway.services.filter((name) => comesByLoadBalancer(services[name]!) && !services[name]!.login);
}

/** Throws unless the options are there exactly if the model asks for them, and for exactly the services where it does. */
export function checkLoadBalancer(
  scope: Construct,
  plan: Plan,
  options: LoadBalancerOptions | undefined,
): void {
  const wanted = wantedServices(plan);
  const { missing, unknown } = namedServices(wanted, options);
  const isEmpty = options !== undefined && wanted.length === 0;
  if (missing.length === 0 && unknown.length === 0 && !isEmpty) {
    checkServiceParts(scope, 'loadBalancer.services', options?.services, 'certificate');
    return;
  }
  throw new ConstructError(scope, {
    code: missing.length > 0 ? 'load-balancer-without-edge' : 'unknown-service',
    message:
      missing.length > 0
        ? 'a load balancer leads clients to a service, and nothing says by which certificate'
        : "the plan has no public service of this name with `edge: 'loadBalancer'`",
    prop: 'loadBalancer.services',
    found: (missing.length > 0 ? missing : unknown).join(', ') || 'no service',
    expected: wanted.join(', ') || "no `loadBalancer`: the model has no `edge: 'loadBalancer'`",
    remedy: "Give the certificate of each service with `edge: 'loadBalancer'` in the model, and of no other.",
  });
}

/** Throws for a way of clients to a gateway that there is none of. */
export function checkNoLoadBalancer(
  scope: Construct,
  plan: Plan,
  options: LoadBalancerOptions | undefined,
): void {
  if (!options) return;
  throw new ConstructError(scope, {
    code: 'load-balancer-without-gateway',
    message: 'the load balancer leads clients to the gateway, and there is to be none',
    prop: 'loadBalancer',
    found: "gateway: 'none'",
    expected: `a gateway, for ${wantedServices(plan).join(', ')}`,
    remedy: "Leave gateway: 'none' out, or `loadBalancer`.",
  });
}

/** Throws for networks, zones and subnets that no load balancer of clients can have. */
export function checkEdge(
  scope: Construct,
  plan: Plan,
  vpc: IVpc,
  subnets: SubnetSelection,
  led: LedIn,
): void {
  if (led.minimumTls !== undefined) checkMinimumTls(scope, led.minimumTls, `${led.prop}.minimumTls`);
  for (const name of ['allowedNetworks', 'keyNetworks'] as const) {
    checkNetworks(scope, led[name], `${led.prop}.${name}`);
    const ipv6 = led[name]?.find((range) => !Token.isUnresolved(range) && range.includes(':'));
    if (ipv6 === undefined) continue;
    throw new ConstructError(scope, {
      code: 'malformed-network',
      message: 'the load balancer has addresses of IPv4 alone',
      prop: `${led.prop}.${name}`,
      found: ipv6,
      expected: 'ranges such as 198.51.100.0/24',
      remedy: 'Leave the range out.',
    });
  }
  if (led.keyNetworks && checkedServices(led).length === 0) {
    throw new ConstructError(scope, {
      code: 'no-jwt-check',
      message: 'the load balancer fetches no keys, as it looks at no token',
      prop: `${led.prop}.keyNetworks`,
      remedy: 'Give a service its `jwtCheck`, or leave the prop out.',
    });
  }
  for (const [service, { certificate, hostedZone }] of Object.entries(led.services)) {
    checkEnvironment(scope, { [`${led.propOf(service)}.certificate`]: placed(certificate) });
    checkZone(scope, plan.services[service]!.authority, hostedZone, `${led.propOf(service)}.hostedZone`);
  }
  const selected = vpc.selectSubnets(subnets);
  if (selected.hasPublic && new Set(selected.availabilityZones).size > 1) return;
  throw new ConstructError(scope, {
    code: 'no-public-subnets',
    message: 'clients reach a load balancer in public subnets of two zones, which the network does not have',
    prop: `${led.prop}.subnets`,
    found: selected.availabilityZones.join(', ') || 'no subnet',
    expected: 'public subnets in two zones or more',
    remedy: 'Name public subnets of two zones, or give the VPC some.',
  });
}
