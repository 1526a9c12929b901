import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { ConstructError } from '../support/error.js';
import { acceptWeakening } from '../support/weakening.js';
import type { PoolFederation, UserDirectoryProps } from './props.js';

/** Whether somebody may sign in whom Cognito asks for no second factor. */
export function federates({ providers }: UserDirectoryProps): boolean {
  if (!providers) return false;
  const { google, facebook, oidc = {} } = providers;
  return google !== undefined || facebook !== undefined || Object.keys(oidc).length > 0;
}

/** Throws if a second factor is required and nobody asks federated users for it. */
export function checkFederatedMfa(scope: Construct, props: UserDirectoryProps): void {
  const { mfa = 'required', federatedMfa } = props;
  if (mfa !== 'required' || !federates(props)) return;
  if (!federatedMfa) {
    throw new ConstructError(scope, {
      code: 'federated-mfa',
      message: 'a second factor is required, and Cognito asks federated users for none',
      prop: 'federatedMfa',
      expected: "enforcedBy: 'policy', or 'nobody' with a reason",
      remedy: 'Let the policy ask (mfa() in every rule for these users), or accept by name that nobody does.',
    });
  }
  checkEnforcement(scope, 'federatedMfa', federatedMfa);
}

/** The same for a pool that exists, of which nobody knows whether it federates: a warning until that is said. */
export function checkPoolFederation(scope: Construct, federation: PoolFederation | undefined): void {
  if (federation === 'none') return;
  if (federation) {
    checkEnforcement(scope, 'federation', federation);
    return;
  }
  Annotations.of(scope).addWarningV2(
    `zero-trust-platform:federation-unknown:${scope.node.path}`,
    `[${scope.node.path}, federation] whether others than the pool's own users sign in is not known, and Cognito asks federated users for no second factor (expected 'none', enforcedBy: 'policy', or 'nobody' with a reason). Say it as the last argument of fromUserPool.`,
  );
}

function checkEnforcement(scope: Construct, prop: string, said: Exclude<PoolFederation, 'none'>): void {
  if (said.enforcedBy === 'nobody') {
    acceptWeakening(scope, prop, said.accepted);
    return;
  }
  checkEvidence(scope, prop, said.plan, said.issuer);
  checkRules(scope, prop, said.plan, said.issuer);
}

function checkEvidence(scope: Construct, prop: string, plan: Plan, issuer: string): void {
  const known = plan.policy.issuers[issuer];
  if (known?.multiFactor) return;
  throw new ConstructError(scope, {
    code: 'federated-mfa-evidence',
    message: known
      ? 'the plan names no claim that shows a second factor, so no point could tell'
      : 'the plan has no such issuer',
    prop: `${prop}.issuer`,
    found: JSON.stringify(issuer),
    expected: 'a provider with `mfa` evidence',
    remedy:
      'Give the provider `mfa: { claim, value }`, the claim that the trigger (preTokenGeneration) writes.',
  });
}

/** A rule that admits these users without a second factor would be the way around it. */
function checkRules(scope: Construct, prop: string, plan: Plan, issuer: string): void {
  const open = Object.values(plan.policy.services)
    .flatMap(({ rules }) => rules)
    .filter(({ effect, principals }) => effect === 'allow' && principals.some(isOf(issuer)))
    .filter(({ conditions }) => !conditions.some(({ kind }) => kind === 'multiFactor'))
    .map(({ id }) => id);
  if (open.length === 0) return;
  throw new ConstructError(scope, {
    code: 'federated-mfa-rules',
    message: 'rules admit users of this directory without a second factor',
    prop,
    found: open.slice(0, 5).join(', '),
    expected: 'mfa() in every allow for these users',
    remedy: 'Add .when(mfa()) to each, or accept by name that nobody asks federated users.',
  });
}

type Principal = Plan['policy']['services'][string]['rules'][number]['principals'][number];

function isOf(issuer: string) {
  return (principal: Principal): boolean =>
    (principal.kind === 'token' && principal.issuer === issuer) ||
    (principal.kind === 'workload' && principal.forUser?.issuer === issuer);
}
