import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';

const MARK = Symbol.for('zero-trust-platform.aws-cdk.platforms');

/** Throws if a resource that the user gives is of another account or region than the platform. */
export function checkEnvironment(
  scope: Construct,
  given: Readonly<Record<string, IResource | undefined>>,
): void {
  const { account, region } = Stack.of(scope);
  for (const [prop, resource] of Object.entries(given)) {
    if (!resource) continue;
    const other = resource.env;
    if (isSame(other.account, account) && isSame(other.region, region)) continue;
    throw new ConstructError(scope, {
      code: 'other-environment',
      message: 'a platform stands in one account and one region',
      prop,
      found: `account ${other.account}, region ${other.region}`,
      expected: `account ${account}, region ${region}`,
      remedy: 'Give a resource of this account and region, or make a platform of its own for the other.',
    });
  }
}

/** A token may be anything; two literals must be equal. */
function isSame(one: string, other: string): boolean {
  return Token.isUnresolved(one) || Token.isUnresolved(other) || one === other;
}

/** Throws if the app has a platform of this trust domain for the same account and region already. */
export function claimTrustDomain(scope: Construct, trustDomain: string): void {
  const { account, region } = Stack.of(scope);
  const claims = claimsOf(scope.node.root);
  const key = JSON.stringify([trustDomain, account, region]);
  const owner = claims.get(key);
  if (owner) {
    throw new ConstructError(scope, {
      code: 'platform-twice',
      message: 'two platforms of one app would issue the same identities',
      prop: 'model',
      found: `the trust domain ${trustDomain}, which ${owner} has`,
      expected: 'one platform for each trust domain, account and region',
      remedy:
        'Give each model an environment of its own, or join the first platform by ZeroTrustPlatform.fromAttributes.',
    });
  }
  claims.set(key, scope.node.path);
}

function claimsOf(root: IConstruct): Map<string, string> {
  const marked = root as { [MARK]?: Map<string, string> };
  return (marked[MARK] ??= new Map<string, string>());
}
