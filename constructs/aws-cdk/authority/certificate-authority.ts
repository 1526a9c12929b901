import { Annotations, Duration, Resource, Stack } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Alias } from 'aws-cdk-lib/aws-lambda';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { Construct, IConstruct } from 'constructs';
import { identitiesOf } from '../../../lib/authority/registration.js';
import { identityRecords } from '../../../lib/authority/identity-record.js';
import { BUNDLE_KEY } from '../../../lambda/registration/bundle-key.js';
import { encryptedLogGroup, grantToLogs, logKey } from '../support/encrypted-log-group.js';
import { keepBucket } from '../support/kept-bucket.js';
import { keepAlias } from '../support/kept-function.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { metricNamespace } from '../support/metric-namespace.js';
import { AUTHORITY_METRICS, AuthorityAlarms } from './alarms.js';
import { authorityBucket, reserve } from './authority-bucket.js';
import { AuthorityFunction, authorityRole } from './authority-function.js';
import { type CostBasis, type MonthlyCost, monthlyCost } from './cost.js';
import { KmsAuthority } from './kms-authority.js';
import { PrivateAuthority } from './private-authority.js';
import { checkAuthority, RESERVED_CONCURRENCY } from './checks.js';
import type { CertificateAuthorityProps } from './props.js';
import { protectionStatements } from './protection.js';
import { configurationOf, stagedCode } from './staged-code.js';
import { strayRecords } from './stray-records.js';

/** An authority that certifies the workloads of one platform. */
export interface ICertificateAuthority extends IConstruct {
  /** The platform's id, its trust domain: what an attestation claims. */
  readonly platform: string;
  /** ARN of the alias that a workload's agent invokes. */
  readonly registrationArn: string;
  /** Let a task role ask for its own certificate. What it gets, its identity record says. */
  grantRegister(grantee: IGrantable): Grant;
  /** Certificates issued. */
  metricIssued(options?: MetricOptions): Metric;
  /** Requests refused. */
  metricRefused(options?: MetricOptions): Metric;
  /** Signatures of the root key: none but at the first deployment and at a change. */
  metricRootSignatures(options?: MetricOptions): Metric;
  /** Days until the certificate ends by which leaves are signed. */
  metricIssuerDaysLeft(options?: MetricOptions): Metric;
}

export interface CertificateAuthorityAttributes {
  readonly platform: string;
  /** ARN of the registration function's alias. */
  readonly registrationArn: string;
}

abstract class CertificateAuthorityBase extends Resource implements ICertificateAuthority {
  abstract readonly platform: string;
  abstract readonly registrationArn: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.node.addValidation({
      validate: () => strayRecords(this, this.platform).map(({ code, message }) => `${code}: ${message}`),
    });
  }

  grantRegister(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.registrationArn],
    });
  }

  metricIssued(options?: MetricOptions): Metric {
    return this.metric(AUTHORITY_METRICS.issued, options);
  }

  metricRefused(options?: MetricOptions): Metric {
    return this.metric(AUTHORITY_METRICS.refused, options);
  }

  metricRootSignatures(options?: MetricOptions): Metric {
    return this.metric(AUTHORITY_METRICS.rootSignatures, options);
  }

  metricIssuerDaysLeft(options?: MetricOptions): Metric {
    return this.metric(AUTHORITY_METRICS.issuerDaysLeft, { statistic: 'Minimum', ...options });
  }

  private metric(metricName: string, options?: MetricOptions): Metric {
    return new Metric({
      namespace: metricNamespace(this.platform),
      metricName,
      statistic: 'Sum',
      ...options,
    });
  }
}

/**
 * The certificate authority of a platform: the registration function, which alone signs, gives each role the
 * one identity that its record says. It signs by KMS, or by AWS Private CA. Synthesis stops for a record that is no
 * `IdentityRecord`'s.
 */
export class CertificateAuthority extends CertificateAuthorityBase {
  /** An authority of another stack. */
  static fromAttributes(
    scope: Construct,
    id: string,
    attributes: CertificateAuthorityAttributes,
  ): ICertificateAuthority {
    class Import extends CertificateAuthorityBase {
      readonly platform = attributes.platform;
      readonly registrationArn = attributes.registrationArn;
    }
    return new Import(scope, id);
  }

  readonly platform: string;
  readonly registrationArn: string;
  /** Trust bundle and issued serials. */
  readonly bucket: Bucket;
  readonly registration: AuthorityFunction;
  readonly alias: Alias;
  /** What it costs a month, from services, tasks and the life of a certificate. */
  readonly monthlyCost: MonthlyCost;
  /** The same for each signer, to choose by. */
  readonly monthlyCosts: Readonly<Record<CostBasis['kind'], MonthlyCost>>;
  /** Root and issuing key; absent for AWS Private CA. */
  readonly kms?: KmsAuthority;
  /** Absent for KMS. */
  readonly privateCa?: PrivateAuthority;

  constructor(scope: Construct, id: string, props: CertificateAuthorityProps) {
    super(scope, id);
    const { plan, signing = { kind: 'kms' }, tasksPerService = 2 } = props;
    const { reservedConcurrency = RESERVED_CONCURRENCY } = props;
    this.platform = plan.trustDomain;
    checkAuthority(this, props);
    const limits = this.limits(props);
    const configuration = configurationOf(plan, limits);
    const encryptionKey = props.encryptionKey ?? logKey(this, 'Key');
    grantToLogs(this, encryptionKey);
    const log = { encryptionKey, ...(props.logRetention !== undefined && { retention: props.logRetention }) };
    const registrationLog = encryptedLogGroup(this, 'RegistrationLog', log);
    this.bucket = authorityBucket(this, 'Bucket', {
      encryptionKey,
      retentionDays: props.issuanceRetentionDays ?? 400,
      ...(props.accessLogBucket && { accessLogBucket: props.accessLogBucket }),
    });
    keepBucket(this.bucket);
    const registrar = authorityRole(this, 'RegistrationRole', registrationLog);
    const rootLog = signing.kind === 'kms' ? encryptedLogGroup(this, 'RootLog', log) : undefined;
    if (signing.kind === 'kms' && rootLog) {
      this.kms = new KmsAuthority(this, 'Kms', {
        signing,
        configuration,
        bucket: this.bucket,
        encryptionKey,
        logGroup: rootLog,
        registrar,
      });
    } else if (signing.kind === 'privateCa') {
      this.privateCa = new PrivateAuthority(this, 'PrivateCa', {
        signing,
        platform: this.platform,
        profiles: plan.certificates,
      });
    }
    this.registration = new AuthorityFunction(this, 'Registration', {
      description: `Certifies the workloads of ${this.platform}`,
      code: stagedCode(this, 'lambda/registration', configuration),
      role: registrar,
      logGroup: registrationLog,
      timeout: Duration.seconds(30),
      environment: { AUTHORITY_BUCKET: this.bucket.bucketName, ...this.signerEnvironment() },
      ...(reservedConcurrency !== 'none' && { reservedConcurrentExecutions: reservedConcurrency }),
    });
    this.allowRegistration(encryptionKey);
    reserve(this.bucket, 'OnlyTheRegistrationFunctionRecords', 'issued', registrar);
    this.alias = new Alias(this, 'Live', {
      aliasName: 'live',
      version: this.registration.function.currentVersion,
      ...(props.provisionedConcurrency !== undefined && {
        provisionedConcurrentExecutions: props.provisionedConcurrency,
      }),
    });
    keepAlias(this.alias);
    // Goes live with its rights, and when the bundle that it signs by is there.
    this.alias.node.addDependency(registrar, this.registration);
    if (this.kms) this.alias.node.addDependency(this.kms.bundle);
    this.registrationArn = this.alias.functionArn;

    const tasks = identitiesOf(plan).size * tasksPerService;
    new AuthorityAlarms(this, 'Alarms', {
      platform: this.platform,
      registration: this.registration.function,
      registrationLog,
      tasks,
      actions: props.alarmActions ?? [],
      ...(this.kms && rootLog && { kms: { authority: this.kms, log: rootLog } }),
      ...(this.privateCa && { privateCa: { arn: this.privateCa.arn, issuer: registrar.roleArn } }),
    });
    const basis = {
      tasks,
      leafLifetimeSeconds: plan.certificates.workload.lifetimeSeconds,
      ownEncryptionKey: props.encryptionKey === undefined,
    };
    this.monthlyCosts = {
      kms: monthlyCost({ ...basis, kind: 'kms', ...(this.kms && { keys: this.kms.rootKeys.length + 1 }) }),
      privateCa: monthlyCost({ ...basis, kind: 'privateCa' }),
    };
    this.monthlyCost = this.monthlyCosts[signing.kind];
    this.showCost(signing.kind, tasks);
  }

  /**
   * Statements for a service control policy or a permissions boundary: what would make somebody the
   * authority is denied to all but these deployers.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    const functions = [this.registration, ...(this.kms ? [this.kms.root] : [])];
    return protectionStatements(
      {
        stack: Stack.of(this),
        platform: this.platform,
        functions: functions.map((item) => item.function.functionArn),
        roles: functions.map((item) => item.role.roleArn),
        keys: this.kms ? [...this.kms.rootKeys, this.kms.issuingKey].map(({ keyArn }) => keyArn) : [],
        bucket: this.bucket.bucketArn,
        privateCas: this.privateCa ? [this.privateCa.arn] : [],
      },
      deployers,
    );
  }

  private limits(props: CertificateAuthorityProps): { perTask: number; perIdentity: number } {
    const { issuancesPerTask: perTask = 10, issuancesPerService: perIdentity = 1000 } = props;
    const most = {
      min: 2,
      max: 1000,
      unit: 'certificates',
      remedy: 'A task needs two in one life of a leaf.',
    };
    // They are part of the function's bundle.
    checkLiteral(this, 'issuancesPerTask', perTask);
    checkLiteral(this, 'issuancesPerService', perIdentity);
    checkRange(this, perTask, { ...most, prop: 'issuancesPerTask' });
    checkRange(this, perIdentity, { ...most, prop: 'issuancesPerService' });
    return { perTask, perIdentity };
  }

  private signerEnvironment(): Record<string, string> {
    if (this.kms) return { ISSUING_KEY: this.kms.issuingKey.keyArn, ROOT_KEYS: this.kms.rootKeyArns() };
    const { arn = '', alsoTrusted = [] } = this.privateCa ?? {};
    return {
      PRIVATE_CA_ARN: arn,
      ...(alsoTrusted.length > 0 && { PRIVATE_CA_ALSO_TRUSTED: alsoTrusted.join(',') }),
    };
  }

  private allowRegistration(encryptionKey: IKey): void {
    const stack = Stack.of(this);
    const { bucket, registration } = this;
    const records = `${identityRecords(this.platform).slice(1)}/*`;
    const statements = [
      // A role's records are found by its unique id, which only its deployment knows.
      new PolicyStatement({
        actions: ['ssm:GetParametersByPath'],
        resources: [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: records })],
      }),
      new PolicyStatement({ actions: ['s3:GetObject'], resources: [bucket.arnForObjects(BUNDLE_KEY)] }),
      // One object for each issuance: its name is that of the attestation.
      new PolicyStatement({ actions: ['s3:PutObject'], resources: [bucket.arnForObjects('issued/*')] }),
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucket.bucketArn],
        conditions: { StringLike: { 's3:prefix': 'issued/*' } },
      }),
      ...(this.privateCa?.statements() ?? []),
    ];
    for (const statement of statements) registration.allow(statement);
    registration.allowEncryption(encryptionKey);
  }

  private showCost(kind: CostBasis['kind'], tasks: number): void {
    const { usd, certificates } = this.monthlyCost;
    const other = kind === 'kms' ? 'privateCa' : 'kms';
    const dollars = (sum: number) => `$${sum.toFixed(2)}`;
    Annotations.of(this).addInfoV2(
      `zero-trust-platform:authority-cost:${this.node.path}`,
      `The certificate authority of ${this.platform} costs about ${dollars(usd)} a month with ${kind}, and would with ${other} ${dollars(this.monthlyCosts[other].usd)}: ${certificates} certificates for ${tasks} tasks (prices of us-east-1; monthlyCosts has the parts and their sources).`,
    );
  }
}
