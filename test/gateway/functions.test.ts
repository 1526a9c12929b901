import { createHash, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Context } from 'aws-lambda';
import { handler as readCertificates } from '../../gateway/client-certificates/index.js';
import { storeConfigurations } from '../../gateway/configurations/store.js';
import { writeFirstDocument } from '../../gateway/revocations/first-document.js';
import { X509CertificateGenerator } from '../../lib/authority/x509.js';
import { configurationHash } from '../../lib/point/configuration.js';

// The functions ask AWS and nobody else: a constant of the bundle, which a test's bundle has another value of.
jest.mock('../../lambda/registration/origin.js', () => ({
  get ORIGIN() {
    return process.env['TEST_ORIGIN'];
  },
}));

/** API Gateway, S3 and CloudFormation on loopback. */
class Aws {
  readonly objects = new Map<string, string>();
  readonly certificates = new Map<string, string>();
  readonly answers: Record<string, unknown>[] = [];
  readonly signed: string[] = [];
  private constructor(readonly server: Server) {
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        const path = request.url?.split('?')[0] ?? '';
        this.signed.push(String(request.headers.authorization));
        if (path === '/answer') {
          this.answers.push(JSON.parse(body) as Record<string, unknown>);
          response.end();
        } else if (path.startsWith('/clientcertificates/')) {
          const pem = this.certificates.get(path.split('/')[2] ?? '');
          response
            .writeHead(pem === undefined ? 404 : 200)
            .end(JSON.stringify({ pemEncodedCertificate: pem }));
        } else if (request.method === 'GET') {
          const found = this.objects.get(path) ?? '';
          response.setHeader('etag', tagOf(found)).end(found);
          this.meanwhile?.();
        } else if (this.#holds(request.headers, this.objects.get(path))) {
          this.objects.set(path, body);
          response.end();
        } else {
          response.writeHead(412).end('<Error><Code>PreconditionFailed</Code></Error>');
        }
      });
    });
  }
  /** Happens after something was read. */
  meanwhile?: () => void;

  /** Every write says what it takes the place of. */
  #holds(headers: IncomingHttpHeaders, found: string | undefined): boolean {
    if (found === undefined) return headers['if-none-match'] === '*';
    expect(headers['if-none-match'] ?? headers['if-match']).toBeDefined();
    return headers['if-match'] === tagOf(found);
  }

  static async start(): Promise<Aws> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Aws(server);
  }
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

function tagOf(content: string): string {
  return `"${createHash('md5').update(content).digest('hex')}"`;
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}

let aws: Aws;
const before = process.env;
beforeEach(async () => {
  aws = await Aws.start();
  process.env = {
    ...before,
    TEST_ORIGIN: aws.url,
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_SESSION_TOKEN: 'session',
    CLIENT_CERTIFICATES: 'one,two',
  };
});
afterEach(async () => {
  process.env = before;
  aws.server.closeAllConnections();
  aws.server.close();
  await once(aws.server, 'close');
});

describe('configurations', () => {
  const entry = (content: string): [string, string] => [`orders/${configurationHash(content)}`, content];

  test('are stored once under their hashes, and never written over', async () => {
    const texts = Object.fromEntries([entry('{"a":1}'), entry('{"b":2}')]);
    await storeConfigurations('bucket', texts);
    await storeConfigurations('bucket', { ...texts, ...Object.fromEntries([entry('{"c":3}')]) });
    expect(aws.objects.size).toBe(3);
    for (const [path, content] of aws.objects) {
      expect(path).toBe(`/bucket/orders/${configurationHash(content)}`);
    }
  });

  test('whose names are not their hashes are not', async () => {
    await expect(storeConfigurations('bucket', { 'orders/latest': '{}' })).rejects.toThrow('not the hash');
    expect(aws.objects.size).toBe(0);
  });
});

async function certificate(days: number): Promise<{ pem: string; hash: string }> {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const made = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=ApiGateway',
    notBefore: new Date(Date.now() - 86_400_000),
    notAfter: new Date(Date.now() + days * 86_400_000 + 60_000),
    keys: {
      publicKey: pair.publicKey.toCryptoKey(algorithm, true, ['verify']),
      privateKey: pair.privateKey.toCryptoKey(algorithm, false, ['sign']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
  });
  const hash = createHash('sha256').update(new Uint8Array(made.rawData)).digest('hex');
  return { pem: made.toString('pem'), hash };
}

describe('client certificates', () => {
  const event = () => ({
    RequestType: 'Create',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Hashes',
    ResponseURL: `${aws.url}/answer`,
    // Never read: whoever can write an event would choose who may connect.
    ResourceProperties: { Certificates: ['three', 'four'] },
  });

  test('are read by their ids of the environment, and their hashes are told', async () => {
    const [one, two] = await Promise.all([certificate(365), certificate(365)]);
    aws.certificates.set('one', one.pem).set('two', two.pem);
    await readCertificates(event(), {} as Context);
    expect(aws.answers).toEqual([
      expect.objectContaining({ Status: 'SUCCESS', Data: { Current: one.hash, Next: two.hash } }),
    ]);
    expect(aws.signed[0]).toMatch(
      /^AWS4-HMAC-SHA256 Credential=ASIATEST\/\d{8}\/eu-west-1\/apigateway\/aws4_request/,
    );
  });

  test('one that cannot be read fails the deployment, and pins nothing', async () => {
    aws.certificates.set('one', (await certificate(365)).pem);
    await readCertificates(event(), {} as Context);
    expect(aws.answers).toEqual([expect.objectContaining({ Status: 'FAILED' })]);
    expect(aws.answers[0]).not.toHaveProperty('Data');
  });

  test.each<[string, number, number, 'SUCCESS' | 'FAILED']>([
    ['one step is taken', 1, 2, 'SUCCESS'],
    ['none', 3, 3, 'SUCCESS'],
    ['two at once are not: stages would show what the gateway no longer pins', 1, 3, 'FAILED'],
    ['and undoing those is', 3, 1, 'SUCCESS'],
  ])('of an update %s', async (_, from, to, Status) => {
    for (const id of ['one', 'two']) aws.certificates.set(id, (await certificate(365)).pem);
    const update = {
      ...event(),
      RequestType: 'Update',
      ResourceProperties: { Step: String(to) },
      OldResourceProperties: { Step: String(from) },
    };
    await readCertificates(update, {} as Context);
    expect(aws.answers).toEqual([expect.objectContaining({ Status })]);
    if (Status === 'FAILED') expect(aws.answers[0]?.['Reason']).toContain('by one for each deployment');
  });

  test('the schedule writes the days that each has left', async () => {
    aws.certificates.set('one', (await certificate(59)).pem).set('two', (await certificate(300)).pem);
    const lines: string[] = [];
    const write = jest
      .spyOn(process.stdout, 'write')
      .mockImplementation((line) => lines.push(String(line)) > 0);
    await readCertificates({ kind: 'check' }, {} as Context);
    write.mockRestore();
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({ event: 'client-certificate', id: 'one', daysLeft: 59 }),
      expect.objectContaining({ event: 'client-certificate', id: 'two', daysLeft: 300 }),
    ]);
    expect(aws.answers).toEqual([]);
  });
});

describe('the first revocation document', () => {
  const place = { bucket: 'bucket', key: 'revocations.json' };
  const path = '/bucket/revocations.json';
  const document = (version: number) => JSON.stringify({ version, entries: [] });

  test('is written where there is none', async () => {
    await writeFirstDocument(place, document(0));
    expect(aws.objects.get(path)).toBe(document(0));
  });

  test.each([
    [3, 2, 3],
    [2, 2, 2],
    [1, 2, 2],
  ])('version %d that is there and %d of the plan leave %d', async (there, planned, left) => {
    aws.objects.set(path, document(there));
    await writeFirstDocument(place, document(planned));
    expect(aws.objects.get(path)).toBe(document(left));
  });

  test('takes the place of nothing that it does not understand, or that is written meanwhile', async () => {
    aws.objects.set(path, '{}');
    await expect(writeFirstDocument(place, document(2))).rejects.toThrow('no revocation document');
    aws.objects.set(path, document(1));
    aws.meanwhile = () => aws.objects.set(path, document(9));
    await expect(writeFirstDocument(place, document(2))).rejects.toThrow('deploy again');
    expect(aws.objects.get(path)).toBe(document(9));
  });
});
