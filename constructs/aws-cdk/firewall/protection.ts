import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied } from '../support/function-protection.js';

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: to all but the
 * deployers they deny changing the list and its log, and which list stands before a REST API, a load balancer or a user
 * pool of this region. Neither of the two has a policy of its own.
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function firewallProtection(
  stack: Stack,
  webAclArn: string,
  deployers: readonly string[],
): PolicyStatement[] {
  const changes = [
    'wafv2:UpdateWebACL',
    'wafv2:DeleteWebACL',
    'wafv2:PutLoggingConfiguration',
    'wafv2:DeleteLoggingConfiguration',
  ];
  // API Gateway and Cognito ask for a right of their own beside that of AWS WAF ("Permissions for AssociateWebACL").
  const associations = [
    'wafv2:AssociateWebACL',
    'wafv2:DisassociateWebACL',
    'apigateway:SetWebACL',
    'cognito-idp:AssociateWebACL',
    'cognito-idp:DisassociateWebACL',
  ];
  const targets = [
    `arn:${stack.partition}:apigateway:${stack.region}::/restapis/*/stages/*`,
    stack.formatArn({ service: 'cognito-idp', resource: 'userpool', resourceName: '*' }),
    stack.formatArn({
      service: 'elasticloadbalancing',
      resource: 'loadbalancer',
      resourceName: 'app/*',
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }),
  ];
  return [
    denied('Firewall', changes, [webAclArn], deployers),
    denied('FirewallAssociations', associations, targets, deployers),
  ];
}
