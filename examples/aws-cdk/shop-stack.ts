import { Stack, type StackProps, Validations } from 'aws-cdk-lib';
import { Certificate, CertificateValidation } from 'aws-cdk-lib/aws-certificatemanager';
import { ContainerImage, FargateService, FargateTaskDefinition, LogDriver } from 'aws-cdk-lib/aws-ecs';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { ZeroTrustChecks, ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import type { ZeroTrustModel } from 'zero-trust-platform';
import shop from '../shop/login.js';

export interface ShopStackProps extends StackProps {
  /** The shop of another environment. @default as developers have it */
  readonly model?: ZeroTrustModel;
  /** Raise it by one to change the root key (docs/runbooks/rotate-root.md). @default 1 */
  readonly rootGeneration?: number;
  /** The sidecar's image by digest. @default built from the package by the CDK CLI, which needs Docker */
  readonly image?: ContainerImage;
}

/** The shop on AWS: the same model that `ztp dev` runs on one machine. */
export class ShopStack extends Stack {
  readonly platform: ZeroTrustPlatform;
  private readonly log: LogGroup;

  constructor(scope: Construct, id: string, props: ShopStackProps) {
    super(scope, id, props);
    const { model = shop, rootGeneration } = props;
    this.platform = new ZeroTrustPlatform(this, 'ZeroTrust', {
      model,
      mesh: { ...(props.image && { image: props.image }) },
      ...(rootGeneration !== undefined && { authority: { signing: { kind: 'kms', rootGeneration } } }),
      // A certificate of a public authority for the shop's hosts, renewed by whoever writes the secret.
      gateway: { certificate: Secret.fromSecretNameV2(this, 'Certificate', 'shop/gateway-certificate') },
      ...this.login(model),
      // A rule of it wants a token bound to a client's certificate, which only a domain with mutual TLS asks for
      // (`domains`, docs/aws/edge.md), and an example has none. So no user reaches it here; `ztp dev` shows it.
      notExposed: ['refunds'],
    });

    Validations.of(this.platform.mesh).acknowledge({
      id: 'Annotation::zero-trust-platform:images-not-pinned',
      reason: 'An example invents no digests. A real shop runs `npx ztp images` and commits what it writes.',
    });
    this.acknowledge();

    // One group for what the applications themselves log, by the platform's key.
    this.log = new LogGroup(this, 'Log', {
      encryptionKey: this.platform.logKey,
      retention: RetentionDays.ONE_YEAR,
    });

    // Each service of the model is a task of its own, and joins by its name.
    for (const service of Object.keys(model.services)) this.run(service);
  }

  /**
   * Browsers sign in to the desk at the gateway: its certificate, validated by a record that somebody makes, and the secret of
   * the client that the provider has for it.
   */
  private login({ services }: ZeroTrustModel): Pick<ZeroTrustPlatformProps, 'login'> {
    const { host, login } = services['desk'] ?? {};
    if (host === undefined || login === undefined) return {};
    const validation = CertificateValidation.fromDns();
    const desk = {
      certificate: new Certificate(this, 'DeskCertificate', { domainName: host, validation }),
      clientSecret: Secret.fromSecretNameV2(this, 'DeskLogin', 'shop/desk-login'),
    };
    return { login: { services: { desk } } };
  }

  /** What the guardrails find and is meant. A real shop lets each end with its next review. */
  private acknowledge(): void {
    ZeroTrustChecks.acknowledge(this, {
      rule: 'container-image',
      reason:
        'An example invents no digests. A real shop names the image that its pipeline pushed by digest.',
      expires: '2099-12-31',
    });
    ZeroTrustChecks.acknowledge(this.platform.mesh, {
      rule: 'open-egress',
      reason:
        'The egress gateway reaches the hosts that the model names, whose addresses nobody promises; it leads to these alone.',
      expires: '2099-12-31',
    });
  }

  private run(service: string): void {
    const { mesh } = this.platform;
    const taskDefinition = new FargateTaskDefinition(this, `${service}-task`, {
      cpu: 512,
      memoryLimitMiB: 1024,
    });
    taskDefinition.addContainer('app', {
      image: ContainerImage.fromRegistry(`registry.shop.example/${service}:1`),
      readonlyRootFilesystem: true,
      user: '1000',
      logging: LogDriver.awsLogs({ streamPrefix: service, logGroup: this.log }),
    });
    const member = mesh.join(service, taskDefinition, { applicationPort: 8080 });
    member.attach(
      new FargateService(this, service, {
        cluster: mesh.cluster,
        taskDefinition,
        securityGroups: [member.securityGroup],
        circuitBreaker: { rollback: true },
        minHealthyPercent: 100,
      }),
    );
    this.platform.acknowledgeTask(service, taskDefinition);
  }
}
