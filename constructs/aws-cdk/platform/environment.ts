import { type IResource, Stack, Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { Construct, IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import type { ZeroTrustPlatformProps } from './props.js';

const MARK = Symbol.for('zero-trust-platform.aws-cdk.platforms');

/** Throws if a resource that the user gives, or its ARN, is of another account or region than the platform. */
export function checkEnvironment(
  scope: Construct,
  given: Readonly<Record<string, IResource | string | undefined>>,
): void {
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

/** What a user gives a platform that must be of its account and region, by prop. */
export function givenTo(props: ZeroTrustPlatformProps): Parameters<typeof checkEnvironment>[1] {
  const { apis = [], domains = {}, gateway, firewall, authority } = props;
  const signing = authority?.signing;
  return {
    encryptionKey: props.encryptionKey,
    bucketEncryptionKey: props.bucketEncryptionKey,
    vpc: props.vpc,
    alarmTopic: props.alarmTopic,
    'mesh.cluster': props.mesh?.cluster,
    'gateway.certificate': gateway === 'none' ? undefined : gateway?.certificate,
    'authority.signing.arn': signing?.kind === 'privateCa' ? signing.arn : undefined,
    firewall: firewall !== undefined && 'webAclArn' in firewall ? firewall.webAclArn : undefined,
    ...Object.fromEntries(
      Object.entries(props.login?.services ?? {}).flatMap(([service, { certificate, clientSecret }]) => [
        [`login.services.${service}.certificate`, placed(certificate)],
        [`login.services.${service}.clientSecret`, clientSecret],
      ]),
    ),
    ...Object.fromEntries(
      Object.entries(props.loadBalancer?.services ?? {}).map(([service, { certificate }]) => [
        `loadBalancer.services.${service}.certificate`,
        placed(certificate),
      ]),
    ),
    ...Object.fromEntries(apis.map(({ api }, index) => [`apis[${index}].api`, api])),
    ...Object.fromEntries(
      Object.entries(domains).map(([service, { certificate }]) => [
        `domains.${service}.certificate`,
        placed(certificate),
      ]),
    ),
  };
}

/** An import takes the region of its stack for its own; its ARN says the true one. */
function placed(certificate: ICertificate): IResource | string {
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
