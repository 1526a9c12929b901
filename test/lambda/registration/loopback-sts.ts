import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHash, createHmac } from 'node:crypto';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';

/** A session of a role, as STS knows it. */
export interface Session {
  readonly credentials: TaskCredentials;
  readonly account: string;
  readonly roleName: string;
  readonly roleId: string;
  readonly session: string;
}

/** What STS was asked, as it arrived. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export type Answer = (asked: IncomingMessage, response: ServerResponse, body: string) => void;

/**
 * STS on loopback. It verifies signatures as the real one does, which also means: headers that the
 * signature does not cover and scopes of other regions are none of its business.
 */
export class LoopbackSts {
  readonly asked: Asked[] = [];
  private readonly sessions = new Map<string, Session>();
  /** Answers in place of the real thing, for a server that lies. */
  answer: Answer | undefined;

  private constructor(private readonly server: Server) {}

  static async start(...sessions: readonly Session[]): Promise<LoopbackSts> {
    const server = createServer();
    const sts = new LoopbackSts(server);
    for (const session of sessions) sts.sessions.set(session.credentials.accessKeyId, session);
    server.on('request', (request, response) => void sts.serve(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return sts;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request as AsyncIterable<Buffer>) body += chunk.toString();
    const { method = '', url = '', rawHeaders } = request;
    this.asked.push({ method, url, rawHeaders, body });
    if (this.answer) return this.answer(request, response, body);
    const session = this.verified(request, body);
    response.writeHead(session ? 200 : 403, { 'content-type': 'text/xml' });
    response.end(session ? callerIdentity(session) : '<ErrorResponse/>');
  }

  private verified(request: IncomingMessage, body: string): Session | undefined {
    const { headers, method = '', url = '' } = request;
    const [, id = '', scope = '', signed = '', signature] =
      /Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=(\w+)$/.exec(
        headers.authorization ?? '',
      ) ?? [];
    const session = this.sessions.get(id);
    if (!session || headers['x-amz-security-token'] !== session.credentials.sessionToken) return undefined;
    const canonical = [
      method,
      url,
      '',
      ...signed.split(';').map((name) => `${name}:${String(headers[name])}`),
      '',
      signed,
      sha256(body),
    ].join('\n');
    const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
    const key = scope
      .split('/')
      .reduce<string | Buffer>(
        (secret, part) => hmac(secret, part),
        `AWS4${session.credentials.secretAccessKey}`,
      );
    return hmac(key, text).toString('hex') === signature ? session : undefined;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** The document that STS answers with (API reference of GetCallerIdentity). */
export function callerIdentity({ account, roleName, roleId, session }: Omit<Session, 'credentials'>): string {
  return [
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">',
    '  <GetCallerIdentityResult>',
    `    <Arn>arn:aws:sts::${account}:assumed-role/${roleName}/${session}</Arn>`,
    `    <UserId>${roleId}:${session}</UserId>`,
    `    <Account>${account}</Account>`,
    '  </GetCallerIdentityResult>',
    '  <ResponseMetadata>',
    '    <RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>',
    '  </ResponseMetadata>',
    '</GetCallerIdentityResponse>',
  ].join('\n');
}
