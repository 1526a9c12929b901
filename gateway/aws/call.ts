import { LambdaClient } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import { serviceEndpoint } from '../../lambda/registration/endpoint.js';
import { serviceHost } from '../../lambda/registration/hosts.js';

/** What is called so: a task in a closed network needs an endpoint for each that it calls. */
export type CalledService = 'secretsmanager' | 'apigateway';

/** One call of an AWS service that answers in JSON. */
export interface AwsCall {
  readonly service: CalledService;
  readonly region: string;
  /** @default POST with a body, else GET */
  readonly method?: 'GET' | 'POST';
  /** @default '/' */
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Milliseconds for an answer. */
const PATIENCE = 10_000;

/**
 * Sign a call with the credentials of this process and send it. For the two calls (one each of Secrets
 * Manager and API Gateway) that do not merit a client of their own in the bundles. Throws with the
 * service's status, never with its body: that may be a secret.
 */
export async function awsCall({
  service,
  region,
  path = '/',
  headers,
  body,
  ...call
}: AwsCall): Promise<unknown> {
  const { config } = new LambdaClient({ region });
  const hostname = serviceHost(service, region);
  const method = call.method ?? (body === undefined ? 'GET' : 'POST');
  const signer = new SignatureV4({ service, region, credentials: config.credentials, sha256: config.sha256 });
  const signed = await signer.sign({
    method,
    protocol: 'https:',
    hostname,
    path,
    headers: { host: hostname, accept: 'application/json', ...headers },
    ...(body !== undefined && { body }),
  });
  const answer = await fetch(`${serviceEndpoint(service, region).endpoint}${path}`, {
    method,
    headers: signed.headers,
    ...(body !== undefined && { body }),
    redirect: 'error',
    signal: AbortSignal.timeout(PATIENCE),
  });
  if (!answer.ok) throw new Error(`${service} answers ${answer.status} to ${method} ${path}`);
  return answer.json();
}
