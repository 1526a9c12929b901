import { Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import ipaddr from 'ipaddr.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { ConstructError } from '../support/error.js';
import { checkProtocol } from './protocols.js';

/** "Quotas for configuring and running a REST API": payload size, which cannot be raised. */
const MOST_BODY = 10 * 1024 * 1024;

/** Throws for a service that cannot be reached through a REST API as the plan says it is. */
export function checkEdgeService(
  scope: Construct,
  plan: Plan,
  service: string,
  asksCertificate: boolean,
): void {
  if (!Object.hasOwn(plan.services, service) || !plan.gateway.services.includes(service)) {
    throw new ConstructError(scope, {
      code: 'unknown-service',
      message: 'the plan has no public service of this name',
      prop: 'service',
      found: JSON.stringify(service),
      expected: plan.gateway.services.join(', ') || 'a service with a host',
      remedy: 'Use the name that the model has, and give the service a `host`.',
    });
  }
  const { login, edge } = plan.services[service]!;
  if (edge) {
    throw new ConstructError(scope, {
      code: 'edge-of-load-balancer',
      message: 'the model lets clients come to this service by a load balancer, past every authorizer',
      prop: 'service',
      found: service,
      expected: "a service without `edge: 'loadBalancer'`",
      remedy: 'Name it in `loadBalancer` of the gateway, or leave `edge` out of the model.',
    });
  }
  if (login) {
    throw new ConstructError(scope, {
      code: 'edge-of-login',
      message:
        'browsers sign in to this service, and the authorizer of a REST API refuses who brings no token',
      prop: 'service',
      found: service,
      expected: 'a service without `login`',
      remedy:
        'Name it in `login` of the gateway: browsers, and programs with a token, come by the load balancer of it.',
    });
  }
  checkProtocol(scope, 'rest-api', plan, service);
  if (!asksCertificate) checkProofs(scope, plan, service);
  if (plan.firewall.maxBodyBytes > MOST_BODY) {
    throw new ConstructError(scope, {
      code: 'body-too-large',
      message: 'API Gateway refuses bodies that the gateway would accept',
      prop: 'plan.firewall.maxBodyBytes',
      found: `${plan.firewall.maxBodyBytes} bytes`,
      expected: `at most ${MOST_BODY} bytes`,
      remedy: 'Lower `firewall.maxBodyBytes` in the model; larger things go to a bucket by a signed URL.',
    });
  }
}

/** A rule that wants a certificate-bound token would refuse everybody where nobody can show a certificate. */
function checkProofs(scope: Construct, plan: Plan, service: string): void {
  const rule = plan.policy.services[service]?.rules.find(
    ({ effect, conditions }) =>
      effect === 'allow' && conditions.some(({ kind }) => kind === 'senderConstrained'),
  );
  if (!rule) return;
  throw new ConstructError(scope, {
    code: 'no-client-certificate',
    message: 'a rule wants a token that is bound to a certificate, and no client is asked for one here',
    prop: 'domain.mutualTls',
    found: `the rule ${rule.id} of ${service}`,
    expected: "a domain with mutual TLS: the service's own host, and the authorities of its clients",
    remedy: 'Give the service a `domain` with `mutualTls`, or drop the condition from the rule.',
  });
}

/** Four parts or IPv6: an address of fewer parts, which some take, is a slip here. */
const NETWORK = /^(?:(?:\d+\.){3}\d+|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*)\/\d+$/;

function isNetwork(network: string): boolean {
  return NETWORK.test(network) && ipaddr.isValidCIDR(network) && !network.endsWith('/0');
}

/** Throws for a list of networks that is empty, open, or not ranges. */
export function checkNetworks(
  scope: Construct,
  networks: readonly string[] | undefined,
  prop = 'allowedNetworks',
): void {
  if (networks === undefined) return;
  // JavaScript may say something else than a list.
  const wrong: unknown = Array.isArray(networks)
    ? networks.find((network: string) => !Token.isUnresolved(network) && !isNetwork(network))
    : networks;
  if (wrong === undefined && networks.length > 0) return;
  throw new ConstructError(scope, {
    code: 'malformed-network',
    message: 'the networks are not ranges',
    prop,
    found: wrong === undefined ? 'no range' : JSON.stringify(wrong),
    expected: 'ranges such as 198.51.100.0/24',
    remedy: 'Leave the prop out for everywhere.',
  });
}
