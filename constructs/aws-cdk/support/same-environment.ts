import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct } from 'constructs';
import { ConstructError } from './error.js';

/** What a user gives, or its ARN, by prop. */
export type Given = Readonly<Record<string, IResource | string | undefined>>;

/** Throws if a resource that the user gives, or its ARN, is of another account or region than the platform. */
export function checkEnvironment(scope: Construct, given: Given): void {
  const { account, region } = Stack.of(scope);
  for (const [prop, resource] of Object.entries(given)) {
    const other = typeof resource === 'string' ? environmentOf(resource) : resource?.env;
    if (!other) continue;
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

/** An import takes the region of its stack for its own; its ARN says the true one. */
export function placed(certificate: ICertificate): IResource | string {
  return Token.isUnresolved(certificate.certificateArn) ? certificate : certificate.certificateArn;
}

/** Of an ARN; what it leaves out, and what only a deployment knows, may be anything. */
function environmentOf(arn: string): { account: string; region: string } | undefined {
  if (Token.isUnresolved(arn)) return undefined;
  const [, , , region = '', account = ''] = arn.split(':');
  return region === '' || account === '' ? undefined : { account, region };
}

/** A token may be anything; two literals must be equal. */
function isSame(one: string, other: string): boolean {
  return Token.isUnresolved(one) || Token.isUnresolved(other) || one === other;
}
