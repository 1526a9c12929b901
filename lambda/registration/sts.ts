import { type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { type CallerIdentity, parseCallerIdentity } from './caller-identity.js';
import { stsHost } from './hosts.js';
import { ORIGIN } from './origin.js';
import {
  ATTESTED_BODY,
  ATTESTED_HEADERS,
  ATTESTED_METHOD,
  ATTESTED_PATH,
  type Attestation,
} from './protocol.js';
import { Refusal } from './refusal.js';

/** Milliseconds for STS to answer, from the connection to the last byte. */
const TIMEOUT = 3000;
/** Bytes of the longest answer that is read; a real one has under 1000. */
const MAX_ANSWER_BYTES = 8192;

/** Said here, so that no environment variable turns verification off or puts a proxy in between. */
const AGENT = new Agent({ keepAlive: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' });

export interface StsOptions {
  /** Where STS is asked. @default `https://` and the region's STS host */
  readonly origin?: string;
}

/**
 * Ask STS who signed. The request is built anew: its method, path, body, host and names of headers are
 * constants, and the values of the headers were checked before. A redirect is an answer like any other
 * that is not 200, and refused.
 */
export async function whoSigned(
  { headers }: Attestation,
  region: string,
  { origin = ORIGIN ?? `https://${stsHost(region)}` }: StsOptions = {},
): Promise<CallerIdentity> {
  const sent = Object.fromEntries(ATTESTED_HEADERS.map((name) => [name, headers[name]]));
  const { status, text } = await answerOf(new URL(ATTESTED_PATH, origin), sent).catch((error: unknown) => {
    if (error instanceof Refusal) throw error;
    throw new Refusal('attestation-unavailable', `STS: ${(error as Error).message}`);
  });
  // Also 400 is no identity, but may be a throttled request, which is worth another.
  if (status === 403) throw new Refusal('unproven-caller', `STS answered ${status}`);
  if (status !== 200) throw new Refusal('attestation-unavailable', `STS answered ${status}`);
  return parseCallerIdentity(text);
}

function answerOf(url: URL, headers: Record<string, string>): Promise<{ status: number; text: string }> {
  return new Promise((done, fail) => {
    const options = {
      method: ATTESTED_METHOD,
      headers: { ...headers, 'content-length': Buffer.byteLength(ATTESTED_BODY) },
      signal: AbortSignal.timeout(TIMEOUT),
    };
    const outgoing =
      url.protocol === 'https:' ? httpsRequest(url, { ...options, agent: AGENT }) : httpRequest(url, options);
    outgoing.once('error', fail);
    outgoing.once('response', (response) => {
      textOf(response).then((text) => done({ status: response.statusCode ?? 0, text }), fail);
    });
    outgoing.end(ATTESTED_BODY);
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) {
      throw new Refusal('attestation-unavailable', `STS answered more than ${MAX_ANSWER_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
