import { type IVpcLink, RestApi } from 'aws-cdk-lib/aws-apigateway';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { Plan } from '../../lib/plan/plan.js';
import { CertificateAuthority } from './authority/index.js';
import { TokenAuthorizer } from './authorizer/index.js';
import { type IWebFirewall, WebFirewall } from './firewall/index.js';
import { acknowledge, acknowledgeRegistration } from './platform/acknowledgements.js';
import { accessLogBucket } from './platform/access-log-bucket.js';
import { checkEnvironment, claimTrustDomain } from './platform/environment.js';
import { planFor } from './platform/plan.js';
import type { ZeroTrustPlatformProps } from './platform/props.js';
import { ServiceEdges } from './platform/service-edges.js';
import { PlatformStacks } from './platform/stacks.js';
import { logicalId } from './support/logical-id.js';
import { logKey } from './support/encrypted-log-group.js';

/**
 * The zero trust stack of a model on AWS. What has state stands in the stack of `scope`; the rest in one nested
 * stack for each part and for each bucket of services.
 *
 * Throws `ConstructError` for a model with an error, for resources of another account or region, and for a second
 * platform with the same trust domain.
 */
export class ZeroTrustPlatform extends Construct {
  /** Everything that the model comes to. */
  readonly plan: Plan;
  /** Encrypts every log of the platform. */
  readonly logKey: IKey;
  /** Gives each workload its certificate. */
  readonly authority: CertificateAuthority;
  readonly firewall: IWebFirewall;
  /** Judges the requests of the adopted APIs; absent if none is. */
  readonly authorizer?: TokenAuthorizer;
  /** Users' ways to the public services; absent without a `link`. */
  readonly edges?: ServiceEdges;
  private readonly stacks: PlatformStacks;

  constructor(scope: Construct, id: string, props: ZeroTrustPlatformProps) {
    super(scope, id);
    const { apis = [], encryptionKey } = props;
    this.plan = planFor(this, props.model);
    claimTrustDomain(this, this.plan.trustDomain);
    checkEnvironment(this, {
      encryptionKey,
      ...Object.fromEntries(apis.map(({ api }, index) => [`apis[${index}].api`, api])),
    });
    this.stacks = new PlatformStacks(this, props.renames ?? {});
    this.logKey = encryptionKey ?? logKey(this.stacks.stateful('logs'), 'Key');
    this.authority = this.certificateAuthority(props);
    this.firewall = this.edgeFirewall(props);
    if (apis.length > 0) this.authorizer = this.adopt(props, apis);
    if (props.link) this.edges = this.serviceEdges({ ...props, link: props.link });
  }

  /** In the stack itself: keys and the bucket of issued serials outlive everything else. */
  private certificateAuthority({
    authority,
    retention,
    renames,
  }: ZeroTrustPlatformProps): CertificateAuthority {
    const [home, logs] = [this.stacks.stateful('authority'), this.stacks.stateful('access-logs')];
    acknowledge(home, 'authority');
    acknowledge(logs, 'access-logs');
    const made = new CertificateAuthority(home, 'Authority', {
      ...authority,
      plan: this.plan,
      encryptionKey: this.logKey,
      accessLogBucket: accessLogBucket(logs, 'Bucket'),
      ...(retention !== undefined && { logRetention: retention }),
    });
    const bucket = logicalId('authority', ['Authority', 'Bucket']);
    acknowledgeRegistration(made, renames?.[bucket] ?? bucket);
    return made;
  }

  private serviceEdges(props: ZeroTrustPlatformProps & { readonly link: IVpcLink }): ServiceEdges {
    return new ServiceEdges(this, 'edges', {
      ...props,
      plan: this.plan,
      stacks: this.stacks,
      encryptionKey: this.logKey,
      edgeFirewall: this.firewall,
    });
  }

  private edgeFirewall({ firewall, retention }: ZeroTrustPlatformProps): IWebFirewall {
    if (isFirewall(firewall)) return firewall;
    const logs = { encryptionKey: this.logKey, ...(retention !== undefined && { retention }) };
    return new WebFirewall(this.stacks.part('firewall'), 'List', { ...logs, ...firewall });
  }

  private adopt(
    { authorizer, retention }: ZeroTrustPlatformProps,
    apis: NonNullable<ZeroTrustPlatformProps['apis']>,
  ): TokenAuthorizer {
    const place = this.stacks.part('authorizer');
    acknowledge(place, 'authorizer');
    const made = new TokenAuthorizer(place, 'Authorizer', {
      encryptionKey: this.logKey,
      ...(retention !== undefined && { retention }),
      ...authorizer,
      plan: this.plan,
      apis,
    });
    for (const api of new Set(apis.map((adopted) => adopted.api))) {
      if (!(api instanceof RestApi)) continue;
      made.protect(api);
      if (api.deploymentStage) this.firewall.protect(`Adopted-${api.node.addr}`, api.deploymentStage);
    }
    return made;
  }
}

function isFirewall(firewall: ZeroTrustPlatformProps['firewall']): firewall is IWebFirewall {
  return firewall !== undefined && 'webAclArn' in firewall;
}
