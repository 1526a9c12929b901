import { ArnFormat, Stack, Token } from 'aws-cdk-lib';
import type { IStage } from 'aws-cdk-lib/aws-apigateway';
import type { IUserPool } from 'aws-cdk-lib/aws-cognito';
import type { IApplicationLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { secondLists } from './second-list.js';

/** What a firewall of a region can stand before; a text is an ARN. */
export type FirewallTarget = IStage | IApplicationLoadBalancer | IUserPool | string;

/** Put the list before a target. Throws for what AWS WAF cannot protect, and for a list of another scope; synthesis stops for a second list. */
export function associate(
  scope: Construct,
  id: string,
  firewall: { readonly webAclArn: string },
  target: FirewallTarget,
): CfnWebACLAssociation {
  if (!Token.isUnresolved(firewall.webAclArn) && firewall.webAclArn.includes(':global/')) {
    throw globalScope(scope);
  }
  const resourceArn = targetArn(scope, target);
  const { webAclArn } = firewall;
  const association = new CfnWebACLAssociation(scope, id, { webAclArn, resourceArn });
  keepAsMade(scope, asMade(association, { WebACLArn: webAclArn, ResourceArn: resourceArn }));
  scope.node.addValidation({
    validate: () => secondLists(scope, association, target).map(({ code, message }) => `${code}: ${message}`),
  });
  return association;
}

/** A list for CloudFront is named by the distribution itself. */
export function globalScope(scope: Construct): ConstructError {
  return new ConstructError(scope, {
    code: 'firewall-scope',
    message: 'a list with the scope CLOUDFRONT cannot stand before a resource of a region',
    prop: 'scope',
    found: 'CLOUDFRONT',
    expected: 'REGIONAL',
    remedy:
      "Make a second firewall with the scope REGIONAL; give this one's ARN to the distribution as webAclId.",
  });
}

function targetArn(scope: Construct, target: FirewallTarget): string {
  if (typeof target === 'string') return checkedArn(scope, target);
  if ('stageName' in target) return stageArn(scope, target);
  if ('userPoolArn' in target) return target.userPoolArn;
  if ('vpc' in target && isNetworkLoadBalancer(target)) throw unprotectable(scope, 'a Network Load Balancer');
  return checkedArn(scope, target.loadBalancerArn);
}

/** Only a REST API's stage has its API as `restApi`; an HTTP API cannot have a firewall. */
function stageArn(scope: Construct, stage: IStage): string {
  if (!('restApi' in stage) || stage.restApi === undefined) throw unprotectable(scope, 'an HTTP API');
  return Stack.of(stage).formatArn({
    service: 'apigateway',
    account: '',
    resource: 'restapis',
    resourceName: `${stage.restApi.restApiId}/stages/${stage.stageName}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_SLASH_RESOURCE_NAME,
  });
}

/** Both kinds of load balancer share their shape; CloudFormation's type tells them apart. */
function isNetworkLoadBalancer(target: IApplicationLoadBalancer): boolean {
  const resource = target.node.defaultChild;
  return resource !== undefined && 'type' in resource && resource.type === 'network';
}

const UNPROTECTABLE: readonly (readonly [RegExp, string])[] = [
  [/:loadbalancer\/net\//, 'a Network Load Balancer'],
  [/:\/apis\//, 'an HTTP API'],
  [/^arn:[^:]+:cloudfront:/, 'a CloudFront distribution'],
];

function checkedArn(scope: Construct, arn: string): string {
  if (Token.isUnresolved(arn)) return arn;
  const found = UNPROTECTABLE.find(([pattern]) => pattern.test(arn));
  if (found) throw unprotectable(scope, found[1]);
  return arn;
}

function unprotectable(scope: Construct, kind: string): ConstructError {
  return new ConstructError(scope, {
    code: 'firewall-target',
    message: `AWS WAF does not attach to ${kind}`,
    prop: 'target',
    found: kind,
    expected: "a REST API's stage, an Application Load Balancer or a Cognito user pool",
    remedy: 'Put the firewall before the REST API, or a CloudFront distribution with a list of its own.',
  });
}
