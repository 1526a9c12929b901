import { Token } from 'aws-cdk-lib';
import {
  type Deployment,
  type IRestApi,
  LogGroupLogDestination,
  MethodLoggingLevel,
  Stage,
} from 'aws-cdk-lib/aws-apigateway';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { encryptedLogGroup, grantToLogs, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import { metricNamespace } from '../support/metric-namespace.js';
import { accessLogField, accessLogFormat } from './access-log.js';
import { ApiGatewayLogging } from './api-gateway-logging.js';
import type { ServiceEdgeProps } from './props.js';

export interface StageProps extends Omit<ServiceEdgeProps, 'api'> {
  readonly api: IRestApi;
  readonly deployment: Deployment;
  readonly stageName: string;
}

/** The stage with its logs, its limits, and the certificate that it shows the gateway. */
export function edgeStage(scope: Construct, props: StageProps, clientCertificateId: string): Stage {
  const { api, deployment, stageName, plan, service } = props;
  const { requestsPerSecond } = plan.services[service]!;
  const { rate, burst } = props.throttle ?? { rate: requestsPerSecond, burst: requestsPerSecond };
  checkThrottle(scope, rate, burst);
  const encryptionKey = props.encryptionKey ?? logKey(scope, 'LogKey');
  grantToLogs(scope, encryptionKey);
  const logProps = { ...props, encryptionKey };
  const accessLog = encryptedLogGroup(scope, 'AccessLog', logProps);
  new MetricFilter(scope, 'AuthorizerFailures', {
    logGroup: accessLog,
    filterPattern: FilterPattern.any(
      FilterPattern.stringValue(accessLogField('refusedBy'), '=', 'AUTHORIZER_FAILURE'),
      FilterPattern.stringValue(accessLogField('refusedBy'), '=', 'AUTHORIZER_CONFIGURATION_ERROR'),
    ),
    ...authorizerFailures(plan.trustDomain, service),
    metricValue: '1',
    defaultValue: 0,
  });
  // API Gateway would make this group by itself, without an end and without a key.
  const executionLog = encryptedLogGroup(scope, 'ExecutionLog', {
    ...logProps,
    name: `API-Gateway-Execution-Logs_${api.restApiId}/${stageName}`,
  });
  const stage = new Stage(scope, 'Stage', {
    deployment,
    stageName,
    clientCertificateId,
    accessLogDestination: new LogGroupLogDestination(accessLog),
    accessLogFormat: accessLogFormat(),
    // Errors only: a trace of a request would hold its headers.
    loggingLevel: MethodLoggingLevel.ERROR,
    dataTraceEnabled: false,
    metricsEnabled: true,
    cachingEnabled: false,
    throttlingRateLimit: rate,
    throttlingBurstLimit: burst,
  });
  stage.node.addDependency(executionLog);
  if ((props.loggingRole ?? 'made') === 'made') stage.node.addDependency(ApiGatewayLogging.of(scope));
  return stage;
}

/** The metric of requests that the authorizer gave no answer to: it failed, timed out, or could not be invoked. */
export function authorizerFailures(trustDomain: string, service: string) {
  return {
    metricNamespace: metricNamespace(trustDomain),
    metricName: `AuthorizerFailures-${service}`,
  };
}

/** A limit of zero refuses everybody; of the account's quota only the account knows. */
function checkThrottle(scope: Construct, rate: number, burst: number): void {
  const isRight = (value: number) => Token.isUnresolved(value) || (value > 0 && Number.isFinite(value));
  if (isRight(rate) && isRight(burst) && (Token.isUnresolved(burst) || Number.isInteger(burst))) return;
  throw new ConstructError(scope, {
    code: 'out-of-range',
    message: 'the limit would refuse everybody, or is none',
    prop: 'throttle',
    found: `${rate} requests a second, ${burst} at once`,
    expected: 'a rate above 0, and a whole burst of 1 or more',
    remedy: "Leave it out for the service's requests a second of the plan.",
  });
}
