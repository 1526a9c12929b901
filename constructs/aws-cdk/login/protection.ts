import { Stack } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { denied, functionProtection } from '../support/function-protection.js';
import type { BrowserEdge } from './browser-edge.js';
import type { SessionSecrets } from './session-secrets.js';

/**
 * Statements for a service control policy, or for the permissions boundary of everyone in the account: what leads browsers
 * to the gateway and what seals their sessions stays as the deployers made it. The rotation function has its own rights, so
 * its role is one of them.
 *
 * @param deployers ARNs of roles that deploy, with `*` for what varies
 */
export function loginProtection(
  { loadBalancer, targetGroup }: BrowserEdge,
  { secrets, rotator }: SessionSecrets,
  deployers: readonly string[],
): PolicyStatement[] {
  // Listeners have the name of their load balancer in theirs.
  const listeners = Stack.of(loadBalancer).formatArn({
    service: 'elasticloadbalancing',
    resource: 'listener',
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
      [loadBalancer.loadBalancerArn, listeners, targetGroup.targetGroupArn],
      deployers,
    ),
    denied(
      'SessionSecrets',
      [
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:UpdateSecretVersionStage',
        'secretsmanager:RotateSecret',
        'secretsmanager:PutResourcePolicy',
        'secretsmanager:DeleteSecret',
      ],
      Object.values(secrets).map(({ secretArn }) => secretArn),
      [...deployers, ...rotator.roles],
    ),
    ...functionProtection('SessionRotator', rotator, deployers),
  ];
}
