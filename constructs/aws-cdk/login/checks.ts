import { Token } from 'aws-cdk-lib';
import type { IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { checkNetworks } from '../edge/checks.js';
import { checkZone } from '../edge/domain.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import type { BrowserEdgeOptions } from './props.js';

/** The services of a plan to which browsers sign in. */
export function loginServices({ gateway, services }: Plan): readonly string[] {
  return gateway.services.filter((name) => services[name]!.login !== undefined);
}

/** Throws unless the options are there exactly if browsers sign in, and for exactly the services where they do. */
export function checkLogins(scope: Construct, plan: Plan, options: BrowserEdgeOptions | undefined): void {
  const wanted = loginServices(plan);
  const given = Object.keys(options?.services ?? {});
  const missing = wanted.filter((service) => !given.includes(service));
  const unknown = given.filter((service) => !wanted.includes(service));
  if (missing.length === 0 && unknown.length === 0) return;
  throw new ConstructError(scope, {
    code: missing.length > 0 ? 'login-without-edge' : 'unknown-service',
    message:
      missing.length > 0
        ? 'browsers sign in to a service, and nothing says by which certificate they come and what the secret of the client is'
        : 'the plan has no public service of this name to which browsers sign in',
    prop: 'login.services',
    found: (missing.length > 0 ? missing : unknown).join(', '),
    expected: wanted.join(', ') || 'no service: the model has no `login`',
    remedy: 'Give clientSecret and certificate of each service with `login` in the model, and of no other.',
  });
}

/** Throws for a way of browsers to a gateway that there is none of. */
export function checkNoLogin(scope: Construct, plan: Plan, options: BrowserEdgeOptions | undefined): void {
  if (!options) return;
  throw new ConstructError(scope, {
    code: 'login-without-gateway',
    message: 'browsers sign in at the gateway, and there is to be none',
    prop: 'login',
    found: "gateway: 'none'",
    expected: `a gateway, for ${loginServices(plan).join(', ')}`,
    remedy: "Leave gateway: 'none' out, or `login`.",
  });
}

/** Throws for a network, and for times, that no browser edge can have. */
export function checkBrowserEdge(
  scope: Construct,
  plan: Plan,
  vpc: IVpc,
  subnets: SubnetSelection,
  options: BrowserEdgeOptions,
): void {
  checkNetworks(scope, options.allowedNetworks);
  const ipv6 = options.allowedNetworks?.find((range) => !Token.isUnresolved(range) && range.includes(':'));
  if (ipv6 !== undefined) {
    throw new ConstructError(scope, {
      code: 'malformed-network',
      message: 'the load balancer has addresses of IPv4 alone',
      prop: 'login.allowedNetworks',
      found: ipv6,
      expected: 'ranges such as 198.51.100.0/24',
      remedy: 'Leave the range out.',
    });
  }
  for (const [service, { hostedZone }] of Object.entries(options.services)) {
    checkZone(scope, plan.services[service]!.authority, hostedZone, `login.services.${service}.hostedZone`);
  }
  checkRange(scope, options.sealRotation?.toDays({ integral: false }) ?? 30, {
    prop: 'login.sealRotation',
    min: 1,
    max: 365,
    unit: 'days',
    remedy: 'Leave it out for 30 days.',
  });
  const selected = vpc.selectSubnets(subnets);
  if (selected.hasPublic && new Set(selected.availabilityZones).size > 1) return;
  throw new ConstructError(scope, {
    code: 'no-public-subnets',
    message: 'browsers reach a load balancer in public subnets of two zones, which the network does not have',
    prop: 'login.subnets',
    found: selected.availabilityZones.join(', ') || 'no subnet',
    expected: 'public subnets in two zones or more',
    remedy: 'Name public subnets of two zones, or give the VPC some.',
  });
}
