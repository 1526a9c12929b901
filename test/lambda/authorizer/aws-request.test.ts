import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { type AwsRequest, signedHeaders } from '../../../lambda/authorizer/aws-request.js';

/** The hash of the AWS SDK's signer, over `node:crypto`. */
class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && Buffer.from(secret as Uint8Array);
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
  }
  update(chunk: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof chunk === 'string' ? chunk : Buffer.from(chunk as Uint8Array));
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
  reset(): void {}
}

const environment = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  AWS_SESSION_TOKEN: 'session',
};
const now = new Date('2026-11-23T06:58:15.120Z');

const requests: readonly AwsRequest[] = [
  { service: 's3', method: 'GET', url: new URL('https://bucket.s3.eu-west-1.amazonaws.com/a/b%20c%2B.json') },
  {
    service: 'dynamodb',
    method: 'POST',
    url: new URL('https://dynamodb.eu-west-1.amazonaws.com/'),
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.GetItem' },
    body: '{"TableName":"t"}',
  },
];

test.each(requests)('a request to $service is signed as the AWS SDK signs it', async (request) => {
  const { service, method, url, headers = {}, body } = request;
  const signer = new SignatureV4({
    service,
    region: environment.AWS_REGION,
    sha256: Sha256 as never,
    uriEscapePath: false,
    credentials: {
      accessKeyId: environment.AWS_ACCESS_KEY_ID,
      secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
      sessionToken: environment.AWS_SESSION_TOKEN,
    },
  });
  const hash = createHash('sha256')
    .update(body ?? '')
    .digest('hex');
  const theirs: unknown = await signer.sign(
    {
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      headers: { ...headers, host: url.host, 'x-amz-content-sha256': hash },
      ...(body !== undefined && { body }),
    } as never,
    { signingDate: now },
  );
  expect(signedHeaders(request, environment, now)['authorization']).toBe(
    (theirs as { headers: Record<string, string> }).headers['authorization'],
  );
});

test('without credentials nothing is asked', () => {
  expect(() => signedHeaders(requests[0]!, {}, now)).toThrow(/no credentials/);
});
