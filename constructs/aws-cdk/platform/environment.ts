import { Stack } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { checkServiceParts } from '../support/required.js';
import { type Given, placed } from '../support/same-environment.js';
import type { ZeroTrustPlatformProps } from './props.js';

const MARK = Symbol.for('zero-trust-platform.aws-cdk.platforms');

/** What a user gives a platform that must be of its account and region, by prop. Throws for what was left out. */
export function givenTo(scope: Construct, props: ZeroTrustPlatformProps): Given {
  checkServiceParts(scope, 'login.services', props.login?.services, 'certificate', 'clientSecret');
  checkServiceParts(scope, 'loadBalancer.services', props.loadBalancer?.services, 'certificate');
  checkServiceParts(scope, 'domains', props.domains, 'certificate');
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
