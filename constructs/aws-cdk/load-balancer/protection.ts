import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied } from '../support/function-protection.js';
import type { LoadBalancerEdge } from './load-balancer-edge.js';

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: what leads clients to the
 * gateway stays as the deployers made it.
 *
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function loadBalancerProtection(
  { loadBalancer, targetGroup, looksAtTokens }: LoadBalancerEdge,
  deployers: readonly string[],
): PolicyStatement[] {
  // Listeners have the name of their load balancer in theirs.
  const below = (resource: 'listener' | 'listener-rule') =>
    Stack.of(loadBalancer).formatArn({
      service: 'elasticloadbalancing',
      resource,
      resourceName: `${loadBalancer.loadBalancerFullName}/*`,
    });
  return [
    denied(
      'BrowserEdge',
      [
        'elasticloadbalancing:CreateListener',
        'elasticloadbalancing:CreateRule',
        'elasticloadbalancing:AddListenerCertificates',
        'elasticloadbalancing:RemoveListenerCertificates',
        'elasticloadbalancing:ModifyListener',
        'elasticloadbalancing:ModifyListenerAttributes',
        'elasticloadbalancing:ModifyLoadBalancerAttributes',
        'elasticloadbalancing:ModifyTargetGroup',
        'elasticloadbalancing:ModifyTargetGroupAttributes',
        'elasticloadbalancing:RegisterTargets',
        'elasticloadbalancing:SetSecurityGroups',
        'elasticloadbalancing:SetWebAcl',
        'elasticloadbalancing:DeleteLoadBalancer',
      ],
      [loadBalancer.loadBalancerArn, below('listener'), targetGroup.targetGroupArn],
      deployers,
    ),
    ...(looksAtTokens
      ? [
          denied(
            'JwtChecks',
            [
              'elasticloadbalancing:ModifyRule',
              'elasticloadbalancing:DeleteRule',
              'elasticloadbalancing:SetRulePriorities',
            ],
            [below('listener-rule')],
            deployers,
          ),
        ]
      : []),
  ];
}
