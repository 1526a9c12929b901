import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';

/**
 * One line for each request, those too that never reached the gateway. Neither a header nor a query is in it;
 * `$context.path` has none. Variables: "Variables for access logging for API Gateway".
 */
const FIELDS = {
  requestId: '$context.requestId',
  extendedRequestId: '$context.extendedRequestId',
  time: '$context.requestTime',
  api: '$context.apiId',
  domain: '$context.domainName',
  address: '$context.identity.sourceIp',
  protocol: '$context.protocol',
  tls: '$context.tlsVersion',
  cipher: '$context.cipherSuite',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  refusedBy: '$context.error.responseType',
  firewall: '$context.waf.status',
  subject: '$context.authorizer.principalId',
  authorizerStatus: '$context.authorizer.status',
  authorizerMilliseconds: '$context.authorizer.latency',
  gatewayStatus: '$context.integration.status',
  gatewayMilliseconds: '$context.integration.latency',
  milliseconds: '$context.responseLatency',
  bytes: '$context.responseLength',
} as const;

/** Where a field is in a line, for a filter over the log. */
export function accessLogField(name: keyof typeof FIELDS): string {
  return `$.${name}`;
}

export function accessLogFormat(): AccessLogFormat {
  return AccessLogFormat.custom(JSON.stringify(FIELDS));
}
