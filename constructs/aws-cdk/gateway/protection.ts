import type { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied, functionProtection, type ProtectedFunctions } from '../support/function-protection.js';

/** What the protection is about. */
export interface ProtectedGateway {
  readonly stack: Stack;
  readonly clientCertificateIds: readonly string[];
  readonly vpcLinkIds: readonly string[];
  /** What says which certificates are pinned. */
  readonly reader: ProtectedFunctions;
}

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: to all but the
 * deployers they deny making or changing a REST API in this region, and the certificates and the link by which one
 * reaches the gateway. IAM has no condition that tells which certificate a stage shows or which link an integration
 * takes, so nothing narrower would do.
 *
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function gatewayProtection(target: ProtectedGateway, deployers: readonly string[]): PolicyStatement[] {
  const { stack, clientCertificateIds, vpcLinkIds, reader } = target;
  const arn = (path: string) => `arn:${stack.partition}:apigateway:${stack.region}::${path}`;
  const deny = (sid: string, actions: readonly string[], paths: readonly string[]) =>
    denied(sid, actions, paths.map(arn), deployers);
  return [
    deny(
      'WaysToTheGateway',
      ['apigateway:POST', 'apigateway:PUT', 'apigateway:PATCH'],
      ['/restapis', '/restapis/*'],
    ),
    deny(
      'GatewayCertificatesAndLink',
      ['apigateway:PATCH', 'apigateway:DELETE'],
      [
        ...clientCertificateIds.map((id) => `/clientcertificates/${id}`),
        ...vpcLinkIds.map((id) => `/vpclinks/${id}`),
      ],
    ),
    // Whoever says which hashes are pinned says who API Gateway is.
    ...functionProtection('CertificateReader', reader, deployers),
  ];
}
