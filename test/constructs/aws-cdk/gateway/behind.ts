import type { Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Key } from 'aws-cdk-lib/aws-kms';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { GatewayService, type GatewayServiceProps } from '../../../../constructs/aws-cdk/gateway/index.js';
import type { Plan } from '../../../../lib/plan/plan.js';
import { world } from '../mesh/world.js';
import { ENV } from '../support/app.js';

/** A certificate of the account in which tests stand. */
export function certificate(stack: Stack, id: string) {
  const arn = `arn:aws:acm:${ENV.region}:${ENV.account}:certificate/${id}`;
  return Certificate.fromCertificateArn(stack, id, arn);
}

/** The zone of the shop's hosts. */
export function shopZone(stack: Stack) {
  return HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z1', zoneName: 'shop.example' });
}

/** A gateway with a load balancer of clients before it, and the options that say which. */
export function gatewayBehind<Options>(
  plan: Plan,
  optionsOf: (stack: Stack) => Options,
  edgesOf: (options: Options, stack: Stack) => Partial<GatewayServiceProps>,
  outdir?: string,
) {
  const made = world({ plan, unjoined: Object.keys(plan.services) }, outdir);
  const { platform, mesh } = made;
  const options = optionsOf(platform);
  const gateway = new GatewayService(platform, 'Gateway', {
    mesh,
    certificate: new Secret(platform, 'Certificate', {
      encryptionKey: new Key(platform, 'Key', { enableKeyRotation: true }),
    }),
    ...edgesOf(options, platform),
  });
  return { ...made, options, gateway, edge: gateway.loadBalancerEdge! };
}
