import '../support/bundles.js';
import type { Stack } from 'aws-cdk-lib';
import { VpcLink } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { ServiceEdge, type ServiceEdgeProps } from '../../../../constructs/aws-cdk/edge/index.js';
import { WebFirewall } from '../../../../constructs/aws-cdk/firewall/index.js';
import { plan } from '../support/plan.js';

export const certificate = (scope: Stack) =>
  Certificate.fromCertificateArn(scope, 'Certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/1a2b');
export const once = { reason: 'agreed with the owner', expires: '2099-01-01' };

/** The edge of `orders`, with what it needs around it. */
export function edge(stack: Stack, props: Partial<ServiceEdgeProps> = {}): ServiceEdge {
  const used = props.plan ?? plan;
  const service = props.service ?? 'orders';
  const known = used.gateway.services.includes(service) ? [service] : [];
  return new ServiceEdge(stack, 'Edge', {
    plan: used,
    service,
    authorizer: new TokenAuthorizer(stack, 'Authorizer', {
      plan: known.length > 0 ? used : plan,
      services: known.length > 0 ? known : ['orders'],
    }),
    link: VpcLink.fromVpcLinkId(stack, 'Link', 'link12'),
    firewall: WebFirewall.fromWebAclArn(
      stack,
      'Firewall',
      'arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/a/b',
    ),
    ...props,
  });
}

export const withDomain = (stack: Stack, domain: Partial<NonNullable<ServiceEdgeProps['domain']>> = {}) => ({
  domain: { certificate: certificate(stack), ...domain },
});
