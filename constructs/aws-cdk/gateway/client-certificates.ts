import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnClientCertificate } from 'aws-cdk-lib/aws-apigateway';
import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { CLIENT_CERTIFICATE } from '../../../gateway/agent/logged.js';
import { encryptedLogGroup, type LogProps } from '../support/encrypted-log-group.js';
import type { ProtectedFunctions } from '../support/function-protection.js';
import { keepFunction } from '../support/kept-function.js';
import { checkLiteral, checkRange } from '../support/literal.js';
import { guardRole } from '../support/role-guard.js';
import { stagedBundle } from '../support/staged-bundle.js';
import { DaysLeft } from './days-left.js';

/** Days before its end at which the alarm comes. API Gateway makes certificates for a year. */
const ALARM_DAYS = 60;

export interface ClientCertificatesProps {
  readonly trustDomain: string;
  /** Where the exchange of certificates stands; see `ClientCertificates`. */
  readonly step: number;
  readonly logs: LogProps & Required<Pick<LogProps, 'encryptionKey'>>;
  readonly alarmActions: readonly IAlarmAction[];
}

/**
 * The certificates by which API Gateway says who it is: two are pinned at the gateway, and stages show one of them.
 * CloudFormation finishes the gateway long before the last stage, so a deployment changes what is pinned or what is
 * shown, and never both:
 *
 * | step | pinned | shown |
 * |---|---|---|
 * | 1 | 1, 2 | 1 |
 * | 2 | 1, 2 | 2 |
 * | 3 | 2, 3 | 2 |
 * | 4 | 2, 3 | 3 |
 *
 * So one step more or less refuses nothing at any moment; an update by more fails before the gateway changes. Envoy does not look at a pinned certificate's dates: one
 * expires when its hash is gone.
 */
export class ClientCertificates extends Construct {
  /** The id of the one that stages show. */
  readonly currentId: string;
  /** The ids of both that are pinned. */
  readonly ids: readonly string[];
  /** SHA-256 in hex, known at deployment. */
  readonly hashes: { readonly current: string; readonly next: string };
  /** The function that says what is pinned. */
  readonly reader: ProtectedFunctions;

  constructor(scope: Construct, id: string, props: ClientCertificatesProps) {
    super(scope, id);
    const { step, trustDomain, logs } = props;
    const remedy = 'Begin with 1 and raise it by one for each deployment.';
    checkLiteral(this, 'clientCertificateStep', step);
    checkRange(this, step, {
      prop: 'clientCertificateStep',
      min: 1,
      max: 1_000_000,
      unit: '',
      remedy,
    });
    const first = Math.ceil(step / 2);
    const [current, next] = [first, first + 1].map(
      (number) =>
        new CfnClientCertificate(this, `Certificate${number}`, {
          description: `API Gateway to the gateway of ${trustDomain}, generation ${number}`,
        }),
    ) as [CfnClientCertificate, CfnClientCertificate];
    this.currentId = (step % 2 === 1 ? current : next).attrClientCertificateId;
    const ids = [current, next].map((certificate) => certificate.attrClientCertificateId);
    this.ids = ids;
    const logGroup = encryptedLogGroup(this, 'Log', logs);
    const { reader, role } = this.makeReader(ids, logGroup);
    this.reader = { functions: [reader.functionArn], roles: [role.roleArn] };
    const read = new CustomResource(this, 'Hashes', {
      serviceToken: reader.functionArn,
      resourceType: 'Custom::ZeroTrustClientCertificates',
      // The certificates say when there is something to read, and the step stops a deployment that leaves one out.
      properties: { Certificates: ids, Step: step },
    });
    read.node.addDependency(reader);
    this.hashes = { current: read.getAttString('Current'), next: read.getAttString('Next') };
    new Rule(this, 'Daily', {
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaTarget(reader, { event: RuleTargetInput.fromObject({ kind: 'check' }) })],
    });
    new DaysLeft(this, 'DaysLeft', {
      logGroup,
      logged: CLIENT_CERTIFICATE,
      trustDomain,
      metricName: 'ClientCertificateDaysLeft',
      days: ALARM_DAYS,
      description: `A certificate by which API Gateway says who it is ends in less than ${ALARM_DAYS} days: raise clientCertificateStep by one and deploy, until it is quiet`,
      actions: props.alarmActions,
    });
  }

  private makeReader(ids: readonly string[], logGroup: ILogGroup): { reader: LambdaFunction; role: Role } {
    const role = new Role(this, 'ReaderRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const { partition, region } = Stack.of(this);
    const right = {
      actions: ['apigateway:GET'],
      resources: ids.map((id) => `arn:${partition}:apigateway:${region}::/clientcertificates/${id}`),
    };
    role.addToPolicy(new PolicyStatement(right));
    const variables = { CLIENT_CERTIFICATES: ids.join(',') };
    const reader = new LambdaFunction(this, 'Reader', {
      description: 'Reads the client certificates of API Gateway, and when they end',
      code: stagedBundle(this, 'gateway/client-certificates', {}),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: 256,
      timeout: Duration.seconds(30),
      role,
      logGroup,
      environment: variables,
    });
    keepFunction({ handler: reader, role, variables });
    reader.node.addDependency(role);
    guardRole(this, 'ReaderGuard', { ...right, role, handler: reader });
    return { reader, role };
  }
}
