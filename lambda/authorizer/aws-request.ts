import { createHash, createHmac } from 'node:crypto';
import { MAX_REVOCATION_BYTES } from '../../lib/policy/revocation-document.js';
import type { FetchedText, FetchText } from './fetch-text.js';

/** What Lambda gives a function in its environment. */
export interface AwsEnvironment {
  readonly AWS_REGION?: string | undefined;
  readonly AWS_ACCESS_KEY_ID?: string | undefined;
  readonly AWS_SECRET_ACCESS_KEY?: string | undefined;
  readonly AWS_SESSION_TOKEN?: string | undefined;
}

export interface AwsRequest {
  readonly service: 's3' | 'dynamodb' | 'ssm';
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** Milliseconds in which a store must have answered. */
export const STORE_MILLISECONDS = 2000;

/** The address of a regional service. */
export function endpointOf(service: string, { AWS_REGION: region = '' }: AwsEnvironment): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/**
 * One signed request. The SDK of the runtime takes 100 ms and more to load, on each cold start, for
 * what is one GET a minute.
 */
export async function askAws(
  request: AwsRequest,
  environment: AwsEnvironment,
  fetchText: FetchText,
  now: Date,
): Promise<FetchedText> {
  const { method, url, body } = request;
  return fetchText(url.href, {
    method,
    headers: signedHeaders(request, environment, now),
    timeoutMilliseconds: STORE_MILLISECONDS,
    // The longest answer of a store.
    maxBytes: MAX_REVOCATION_BYTES,
    ...(body !== undefined && { body }),
  });
}

/**
 * The headers of a request with its signature (AWS Signature Version 4). The path must be percent-encoded,
 * the query empty. Throws if there are no credentials.
 */
export function signedHeaders(
  { service, method, url, headers = {}, body = '' }: AwsRequest,
  environment: AwsEnvironment,
  now: Date,
): Record<string, string> {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = environment;
  const { AWS_SESSION_TOKEN: session } = environment;
  if (!region || !id || !secret) throw new Error('no region or no credentials in the environment');
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  const date = time.slice(0, 8);
  const all: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': sha256(body),
    'x-amz-date': time,
    ...(session && { 'x-amz-security-token': session }),
  };
  const names = Object.keys(all).sort();
  const signed = names.join(';');
  const canonical = [
    method,
    url.pathname,
    '',
    ...names.map((name) => `${name}:${all[name]}`),
    '',
    signed,
    all['x-amz-content-sha256'],
  ].join('\n');
  const scope = `${date}/${region}/${service}/aws4_request`;
  const key = [date, region, service, 'aws4_request'].reduce<Buffer | string>(
    (last, part) => createHmac('sha256', last).update(part).digest(),
    `AWS4${secret}`,
  );
  const text = ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n');
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const authorization = `AWS4-HMAC-SHA256 Credential=${id}/${scope}, SignedHeaders=${signed}, Signature=${signature}`;
  return { ...all, authorization };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
