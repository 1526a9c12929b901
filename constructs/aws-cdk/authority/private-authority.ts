import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import {
  CfnCertificate,
  CfnCertificateAuthority,
  CfnCertificateAuthorityActivation,
} from 'aws-cdk-lib/aws-acmpca';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { CertificateProfile, CertificateProfiles } from '../../../lib/plan/plan.js';
import { ConstructError } from '../support/error.js';
import type { PrivateCaSigning } from './props.js';

/** Seconds that a certificate of an authority in short-lived mode lives at most ("CA modes", AWS Private CA). */
const SHORT_LIVED_SECONDS = 7 * 24 * 3600;

export interface PrivateAuthorityProps {
  readonly signing: PrivateCaSigning;
  readonly platform: string;
  readonly profiles: CertificateProfiles;
}

/** A root of AWS Private CA in short-lived mode, or one that exists. */
export class PrivateAuthority extends Construct {
  readonly arn: string;
  readonly alsoTrusted: readonly string[];

  constructor(scope: Construct, id: string, { signing, platform, profiles }: PrivateAuthorityProps) {
    super(scope, id);
    const { lifetimeSeconds } = profiles.workload;
    if (lifetimeSeconds > SHORT_LIVED_SECONDS) {
      throw new ConstructError(this, {
        code: 'leaf-lives-too-long',
        message: 'an authority in short-lived mode issues nothing that lives longer than seven days',
        prop: 'plan.certificates.workload',
        found: `${lifetimeSeconds} s`,
        expected: `at most ${SHORT_LIVED_SECONDS} s`,
        remedy: 'Shorten authority.leafLifetimeSeconds in the model, or sign by KMS.',
      });
    }
    this.alsoTrusted = signing.alsoTrusted ?? [];
    this.arn = signing.arn ?? this.make(platform, profiles.root);
  }

  /** What the registration function may do: issue from one template, and read. */
  statements(): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['acm-pca:IssueCertificate'],
        resources: [this.arn],
        conditions: {
          StringEquals: {
            'acm-pca:TemplateArn': this.template('BlankEndEntityCertificate_APIPassthrough/V1'),
          },
        },
      }),
      new PolicyStatement({ actions: ['acm-pca:GetCertificate'], resources: [this.arn] }),
      new PolicyStatement({
        actions: ['acm-pca:GetCertificateAuthorityCertificate'],
        resources: [this.arn, ...this.alsoTrusted],
      }),
    ];
  }

  private make(platform: string, root: CertificateProfile): string {
    const authority = new CfnCertificateAuthority(this, 'Authority', {
      type: 'ROOT',
      usageMode: 'SHORT_LIVED_CERTIFICATE',
      keyAlgorithm: 'EC_prime256v1',
      signingAlgorithm: 'SHA256WITHECDSA',
      subject: { commonName: `${platform.slice(0, 55)} root` },
    });
    authority.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const certificate = new CfnCertificate(this, 'Certificate', {
      certificateAuthorityArn: authority.attrArn,
      certificateSigningRequest: authority.attrCertificateSigningRequest,
      signingAlgorithm: 'SHA256WITHECDSA',
      templateArn: this.template('RootCACertificate/V1'),
      validity: { type: 'DAYS', value: Math.floor(root.lifetimeSeconds / 86_400) },
    });
    const activation = new CfnCertificateAuthorityActivation(this, 'Activation', {
      certificateAuthorityArn: authority.attrArn,
      certificate: certificate.attrCertificate,
      status: 'ACTIVE',
    });
    activation.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return authority.attrArn;
  }

  private template(name: string): string {
    return `arn:${Stack.of(this).partition}:acm-pca:::template/${name}`;
  }
}
