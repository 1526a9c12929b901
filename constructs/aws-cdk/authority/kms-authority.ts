import { createHash } from 'node:crypto';
import { Annotations, CustomResource, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { IKey, Key } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Configuration } from '../../../lambda/registration/configuration.js';
import { BUNDLE_KEY } from '../../../lambda/registration/bundle-key.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { reserve } from './authority-bucket.js';
import { AuthorityFunction, authorityRole } from './authority-function.js';
import type { KmsSigning } from './props.js';
import { signingKey } from './signing-key.js';
import { stagedCode } from './staged-code.js';

export interface KmsAuthorityProps {
  readonly signing: KmsSigning;
  readonly configuration: Configuration;
  readonly bucket: Bucket;
  readonly encryptionKey: IKey;
  /** Log of the root function. */
  readonly logGroup: ILogGroup;
  /** The role of the registration function, the only one that signs leaves. */
  readonly registrar: Role;
}

/**
 * Root and issuing key, and the function that signs by the root. It runs when its resource is made or
 * changed, and signs the public key that KMS gives for the issuing key of its environment.
 */
export class KmsAuthority extends Construct {
  readonly rootKey: Key;
  /** Of every generation: the bundle may trust these and no others. */
  readonly rootKeys: readonly Key[];
  readonly issuingKey: Key;
  /** There once the trust bundle is written. */
  readonly bundle: CustomResource;
  readonly root: AuthorityFunction;

  constructor(scope: Construct, id: string, props: KmsAuthorityProps) {
    super(scope, id);
    const { signing, configuration, bucket, encryptionKey, logGroup, registrar } = props;
    const { rootGeneration = 1, issuingGeneration = 1, renewal = '1' } = signing;
    const rootRole = authorityRole(this, 'RootRole', logGroup);
    this.checkGeneration('rootGeneration', rootGeneration);
    this.checkGeneration('issuingGeneration', issuingGeneration);
    this.rootKeys = Array.from({ length: rootGeneration }, (_, index) =>
      signingKey(this, named('RootKey', index + 1), {
        description: 'Root key',
        signer: rootRole,
        readers: [rootRole, registrar],
        removalPolicy: RemovalPolicy.RETAIN,
      }),
    );
    this.rootKey = this.rootKeys.at(-1)!;
    this.issuingKey = signingKey(this, named('IssuingKey', issuingGeneration), {
      description: 'Issuing key',
      signer: registrar,
      // The one that signs finds by it the certificate that is of this key.
      readers: [rootRole, registrar],
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.root = new AuthorityFunction(this, 'Root', {
      description: 'Signs by the root key when the authority is deployed or changed',
      code: stagedCode(this, 'lambda/root', configuration),
      role: rootRole,
      logGroup,
      timeout: Duration.minutes(1),
      environment: {
        ROOT_KEY: this.rootKey.keyArn,
        ROOT_KEYS: this.rootKeyArns(),
        ISSUING_KEY: this.issuingKey.keyArn,
        AUTHORITY_BUCKET: bucket.bucketName,
      },
    });
    this.root.guard('kms:Sign', 'kms:GetPublicKey');
    this.allowBundle(bucket, encryptionKey);
    reserve(bucket, 'OnlyTheRootFunctionWritesTheBundle', 'authority', rootRole);
    this.bundle = new CustomResource(this, 'Bundle', {
      serviceToken: this.root.function.functionArn,
      serviceTimeout: Duration.minutes(3),
      // The function reads none of these; a change of one makes CloudFormation call it.
      properties: {
        RootKey: this.rootKey.keyArn,
        IssuingKey: this.issuingKey.keyArn,
        Profiles: digest(configuration.profiles),
        Renewal: renewal,
      },
    });
    this.bundle.node.addDependency(this.root, bucket);
    Annotations.of(this).addInfoV2(
      `zero-trust-platform:root-key-is-kept:${this.node.path}`,
      `The root key and the bucket of ${configuration.platform} are kept by \`cdk destroy\`: certificates that live still need them. Schedule the key's deletion in KMS when none does.`,
    );
  }

  private allowBundle(bucket: Bucket, encryptionKey: IKey): void {
    this.root.allow(
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject'],
        resources: [bucket.arnForObjects(BUNDLE_KEY)],
      }),
    );
    // Without it S3 answers 403 for the first bundle, which is not there yet.
    this.root.allow(
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': 'authority/*' } },
      }),
    );
    this.root.allowEncryption(encryptionKey);
  }

  /** As both functions have them. */
  rootKeyArns(): string {
    return this.rootKeys.map(({ keyArn }) => keyArn).join(',');
  }

  private checkGeneration(prop: string, generation: number): void {
    checkLiteral(this, `signing.${prop}`, generation);
    checkRange(this, generation, {
      prop: `signing.${prop}`,
      min: 1,
      max: 100,
      unit: 'generations',
      remedy: 'Begin with 1 and raise it by one for a new key.',
    });
  }
}

/** The first key has the plain name: that of a later generation is another resource. */
function named(name: string, generation: number): string {
  return generation === 1 ? name : `${name}${generation}`;
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);
}
