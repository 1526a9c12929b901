import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegistrationAnswer, RegistrationRequest } from '../../../lambda/registration/protocol.js';
import {
  generatePrivateKey,
  issueIssuing,
  issueRoot,
  issueWorkload,
  memorySigner,
  type SigningAuthority,
} from '../../../lib/authority/index.js';
import { certificateProfiles } from '../../../lib/plan/certificates.js';

/** What the authority does with a request of one identity instead of answering as it should. */
export type Answering = (
  honest: () => Promise<RegistrationAnswer>,
  request: RegistrationRequest,
) => Promise<RegistrationAnswer> | RegistrationAnswer | 'nothing';

interface Answer {
  readonly status: number;
  readonly body: string | Uint8Array;
  readonly etag?: string;
}

/**
 * The two services that an agent speaks to, on loopback: objects, and a registration function over the
 * real `lib/authority` that knows a caller by its access key, which stands in for the role that STS names.
 */
export class TestCloud {
  readonly objects = new Map<string, string | Uint8Array>();
  /** Texts of secrets, by ARN. */
  readonly secrets = new Map<string, string>();
  /** SPIFFE IDs by access key. */
  readonly identities = new Map<string, string>();
  /** How long the leaves live, in seconds. */
  lifetime = 600;
  answering: Answering = (honest) => honest();
  /** Every request for a certificate. */
  readonly requests: RegistrationRequest[] = [];

  /** How often an object was asked for that had not changed. */
  unchanged = 0;

  private constructor(
    private readonly server: Server,
    readonly root: string,
    private readonly issuing: SigningAuthority,
  ) {
    server.on('request', (request, response) => {
      void this.#answer(request).then(
        ({ status, body, etag }) => {
          if (status === 0) response.destroy();
          else if (status === 304) response.writeHead(304).end();
          else
            response
              .writeHead(status, { 'content-length': Buffer.byteLength(body), ...(etag && { etag }) })
              .end(body);
        },
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(): Promise<TestCloud> {
    const profiles = certificateProfiles(600);
    const now = new Date();
    const rootSigner = memorySigner(generatePrivateKey());
    const root = (await issueRoot(profiles, { signer: rootSigner, name: 'test', now })).pem;
    const signer = memorySigner(generatePrivateKey());
    const { pem } = await issueIssuing(
      profiles,
      { signer: rootSigner, certificate: root },
      { issuing: signer, name: 'test', now },
    );
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TestCloud(server, root, { signer, certificate: pem });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** What an honest authority says to a request of this identity. */
  async certify(request: Pick<RegistrationRequest, 'csr'>, spiffeId: string): Promise<RegistrationAnswer> {
    const leaf = await issueWorkload(certificateProfiles(this.lifetime), this.issuing, {
      csr: request.csr,
      spiffeId,
      now: new Date(),
    });
    const certificates = leaf.pem + this.issuing.certificate;
    return { kind: 'issued', certificates, notAfter: leaf.notAfter.toISOString(), roots: this.root };
  }

  async #answer(request: IncomingMessage): Promise<Answer> {
    const path = new URL(request.url ?? '/', this.url).pathname;
    if (request.headers['x-amz-target'] === 'secretsmanager.GetSecretValue') return this.#secret(request);
    if (path.endsWith('/invocations')) return this.#invoke(await text(request));
    if (path.startsWith('/credentials/')) return { status: 200, body: credentials(path.split('/')[2] ?? '') };
    const found = this.objects.get(decodeURIComponent(path.slice(1)));
    if (found === undefined) return { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
    const etag = `"${createHash('md5').update(found).digest('hex')}"`;
    if (request.headers['if-none-match'] !== etag) return { status: 200, body: found, etag };
    this.unchanged += 1;
    return { status: 304, body: '' };
  }

  async #secret(request: IncomingMessage): Promise<Answer> {
    const { SecretId } = JSON.parse(await text(request)) as { SecretId: string };
    const SecretString = this.secrets.get(SecretId);
    if (SecretString === undefined) return { status: 400, body: '{"__type":"ResourceNotFoundException"}' };
    return { status: 200, body: JSON.stringify({ SecretString }) };
  }

  async #invoke(body: string): Promise<{ status: number; body: string }> {
    const request = JSON.parse(body) as RegistrationRequest;
    this.requests.push(request);
    const accessKey = /Credential=([^/]+)\//.exec(request.attestation.headers.authorization)?.[1] ?? '';
    const spiffeId = this.identities.get(accessKey);
    const honest = async (): Promise<RegistrationAnswer> =>
      spiffeId === undefined
        ? { kind: 'refused', code: 'unknown-identity', message: 'nobody' }
        : this.certify(request, spiffeId);
    const answer = await this.answering(honest, request);
    return answer === 'nothing' ? { status: 0, body: '' } : { status: 200, body: JSON.stringify(answer) };
  }
}

/** What the container credentials endpoint of a task gives (Amazon ECS developer guide, "Task IAM role"). */
function credentials(accessKey: string): string {
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  return JSON.stringify({
    AccessKeyId: accessKey,
    SecretAccessKey: 'secret-of-the-task',
    Token: 'session-of-the-task',
    Expiration,
  });
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('utf8')) body += chunk as string;
  return body;
}
