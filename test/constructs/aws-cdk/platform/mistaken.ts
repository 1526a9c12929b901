import { Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { allow, anyone, defineZeroTrust, http, workload } from 'zero-trust-platform';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';

/** What somebody does, and the code and the advice that the error has. */
export type Mistake = readonly [what: string, make: (stack: Stack) => unknown, code: string, says: RegExp];

export const model = defineZeroTrust({
  trustDomain: 'mistaken.example',
  environment: 'test',
  identity: { providers: {} },
  services: { web: http({ host: 'www.mistaken.example' }), store: http() },
  access: [allow(anyone()).to('web', 'GET /'), allow(workload('web')).to('store', 'GET /items')],
});
export const unverified = { unverifiedCertificate: { reason: 'a test', expires: '2099-01-01' } };

export function stackOf(environment: object = TEST_ENVIRONMENT): Stack {
  return new Stack(testApp(), 'Stack', { env: environment });
}

/** A platform that is right but for what `props` say. */
export function platform(
  stack: Stack,
  props: Partial<ZeroTrustPlatformProps> = {},
  id = 'ZeroTrust',
): ZeroTrustPlatform {
  return new ZeroTrustPlatform(stack, id, {
    model,
    gateway: unverified,
    mesh: { unjoined: ['web', 'store'] },
    ...props,
  });
}

export const task = (stack: Stack, id = 'Task') => {
  const definition = new FargateTaskDefinition(stack, id, { memoryLimitMiB: 1024 });
  return definition;
};

export function withContainer(definition: FargateTaskDefinition): FargateTaskDefinition {
  definition.addContainer('app', { image: { bind: () => ({ imageName: 'app:1' }) } as never });
  return definition;
}
