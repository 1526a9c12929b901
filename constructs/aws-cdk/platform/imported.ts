import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import type { ZeroTrustModel } from '../../../lib/model/platform.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { CertificateAuthority, type ICertificateAuthority } from '../authority/index.js';
import { type ITokenAuthorizer, TokenAuthorizer } from '../authorizer/index.js';
import { type IWebFirewall, WebFirewall } from '../firewall/index.js';
import { GatewayService, type IGatewayService } from '../gateway/index.js';
import { type IMesh, Mesh, type MeshAttributes } from '../mesh/index.js';
import { type IRevocationList, RevocationList } from '../revocations/index.js';
import { ConstructError } from '../support/error.js';
import type { Weakening } from '../support/weakening.js';
import { planFor } from './plan.js';

/** A platform, made in this app or in another. */
export interface IZeroTrustPlatform {
  readonly plan: Plan;
  /** Gives each workload its certificate. */
  readonly authority: ICertificateAuthority;
  /** Services join it: `platform.mesh.join('orders', taskDefinition, { applicationPort: 8080 })`. */
  readonly mesh: IMesh;
  /** Judges the requests of adopted APIs; absent if there are none. */
  readonly authorizer?: ITokenAuthorizer;
  /** Between API Gateway and the services; absent if no API leads there. */
  readonly gateway?: IGatewayService;
  /** What is revoked. */
  readonly revocations: IRevocationList;
  /** Stands before the stages of APIs. */
  readonly firewall: IWebFirewall;
  /** What security must hear of. */
  readonly alarmTopic: ITopic;
}

/**
 * What the stack of a platform shows in its outputs, and the model that it was made from. What an app does not need may
 * be left out: to use it then is an error that names the attribute.
 */
export interface ZeroTrustPlatformAttributes
  extends Omit<MeshAttributes, 'plan' | 'vpc' | 'revocations' | 'alarmActions'> {
  readonly model: ZeroTrustModel;
  /** The output `Registration` of the platform's stack. */
  readonly registrationArn: string;
  /** The VPC of the platform. @default no task can join */
  readonly vpc?: IVpc;
  /** The bucket in the output `Document`. @default no task can join: it would not learn what is revoked */
  readonly revocationBucketName?: string;
  /** The output `Authorizer`, if the platform adopts an API. @default no API can be protected */
  readonly authorizerArn?: string;
  /** The output `AlarmTopic`. @default alarms go nowhere */
  readonly alarmTopicArn?: string;
  /** The output `WebAcl`. @default the firewall can stand before nothing */
  readonly webAclArn?: string;
  /** The output `VpcLink`. @default no edge can lead to the gateway */
  readonly vpcLinkId?: string;
  /** The output `ClientCertificate`. @default no edge can lead to the gateway */
  readonly clientCertificateId?: string;
  /** As the platform's gateway has it. @default API Gateway verifies the gateway's certificate */
  readonly unverifiedCertificate?: Weakening;
}

/**
 * A platform of another app of this account and region. Tasks join its mesh (it names their services in
 * `mesh.unjoined`), APIs of this app get its authorizer (it knows them by their ids in `apis`), alarms go where its own
 * go. Nothing of the platform itself is made here; each part is imported when it is used.
 */
export class ImportedPlatform extends Construct implements IZeroTrustPlatform {
  readonly plan: Plan;
  readonly authority: ICertificateAuthority;
  private readonly parts = new Map<string, unknown>();

  constructor(
    scope: Construct,
    id: string,
    private readonly attributes: ZeroTrustPlatformAttributes,
  ) {
    super(scope, id);
    this.plan = planFor(this, attributes.model);
    this.authority = CertificateAuthority.fromAttributes(this, 'Authority', {
      platform: this.plan.trustDomain,
      registrationArn: attributes.registrationArn,
    });
  }

  get mesh(): IMesh {
    const { model: _, alarmTopicArn, ...points } = this.attributes;
    return this.part('Mesh', (id) =>
      Mesh.fromAttributes(this, id, {
        ...points,
        plan: this.plan,
        vpc: this.needed('vpc'),
        revocations: this.revocations,
        alarmActions: alarmTopicArn === undefined ? [] : [new SnsAction(this.alarmTopic)],
      }),
    );
  }

  get authorizer(): ITokenAuthorizer {
    return this.part('Authorizer', (id) =>
      TokenAuthorizer.fromAttributes(this, id, {
        aliasArn: this.needed('authorizerArn'),
        platform: this.plan.trustDomain,
      }),
    );
  }

  get gateway(): IGatewayService {
    const { unverifiedCertificate } = this.attributes;
    return this.part('Gateway', (id) =>
      GatewayService.fromAttributes(this, id, {
        platform: this.plan.trustDomain,
        vpcLinkId: this.needed('vpcLinkId'),
        clientCertificateId: this.needed('clientCertificateId'),
        ...(unverifiedCertificate && { unverifiedCertificate }),
      }),
    );
  }

  get revocations(): IRevocationList {
    return this.part('Revocations', (id) =>
      RevocationList.fromBucketName(this, id, this.needed('revocationBucketName')),
    );
  }

  get firewall(): IWebFirewall {
    return this.part('Firewall', (id) => WebFirewall.fromWebAclArn(this, id, this.needed('webAclArn')));
  }

  get alarmTopic(): ITopic {
    return this.part('AlarmTopic', (id) => Topic.fromTopicArn(this, id, this.needed('alarmTopicArn')));
  }

  private part<Part>(id: string, make: (id: string) => Part): Part {
    const known = this.parts.get(id) as Part | undefined;
    if (known) return known;
    const made = make(id);
    this.parts.set(id, made);
    return made;
  }

  private needed<Name extends keyof ZeroTrustPlatformAttributes>(
    prop: Name,
  ): NonNullable<ZeroTrustPlatformAttributes[Name]> {
    const value = this.attributes[prop];
    if (value !== undefined) return value;
    throw new ConstructError(this, {
      code: 'attribute-missing',
      message: 'what is used of the platform was not told',
      prop,
      found: 'nothing',
      remedy: `Give ${prop} to ZeroTrustPlatform.fromAttributes, from the outputs of the platform's stack.`,
    });
  }
}
