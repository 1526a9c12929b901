import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { DIGEST } from './reference.js';

/** Indexes of several platforms first: a digest is then good on each of them. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** Bytes of the largest manifest (the OCI distribution specification asks registries to take 4 MiB). */
const MAX_BYTES = 4 * 1024 * 1024;
/** Milliseconds for an answer. */
const PATIENCE = 20_000;

/** What a registry hands out a token by (the OCI distribution specification's `Bearer` challenge). */
const CHALLENGE = /^Bearer\s+(.*)$/i;
const TOKEN = z.union([
  z.object({ token: z.string() }),
  z.object({ access_token: z.string() }).transform(({ access_token }) => ({ token: access_token })),
]);

/**
 * The digest of a tag, from the registry at `origin` (`https://host`). The manifest itself is read and
 * hashed: what a registry says in a header is only compared with it.
 *
 * Throws `image-unresolved`.
 */
export async function resolveTag(origin: string, repository: string, tag: string): Promise<string> {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, origin);
  const fail = (why: string) => new ZeroTrustError('image-unresolved', `${repository}:${tag}: ${why}`);
  let response = await get(url, { accept: ACCEPT });
  if (response.status === 401) {
    const token = await bearerToken(response.headers.get('www-authenticate') ?? '', url, fail);
    response = await get(url, { accept: ACCEPT, authorization: `Bearer ${token}` });
  }
  if (response.status !== 200) throw fail(`the registry answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length === 0 || bytes.length > MAX_BYTES) throw fail(`its manifest has ${bytes.length} bytes`);
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const said = response.headers.get('docker-content-digest');
  if (said !== null && (!DIGEST.test(said) || said !== digest)) {
    throw fail(`the registry says ${said.slice(0, 80)}, and its manifest is ${digest}`);
  }
  return digest;
}

async function bearerToken(challenge: string, asked: URL, fail: (why: string) => Error): Promise<string> {
  const parameters = Object.fromEntries(
    [...(CHALLENGE.exec(challenge)?.[1] ?? '').matchAll(/([a-z]+)="([^"]*)"/g)].map(([, name, value]) => [
      name,
      value,
    ]),
  ) as Record<string, string | undefined>;
  const { realm, service, scope } = parameters;
  const url = realm !== undefined && URL.canParse(realm) ? new URL(realm) : undefined;
  if (!url) throw fail('the registry asks for credentials in a way that is not known');
  // In clear text only where the registry itself is.
  if (url.protocol !== 'https:' && url.protocol !== asked.protocol)
    throw fail(`${url.host} gives tokens in clear text`);
  if (service !== undefined) url.searchParams.set('service', service);
  if (scope !== undefined) url.searchParams.set('scope', scope);
  const response = await get(url, { accept: 'application/json' });
  const found = response.ok ? TOKEN.safeParse(await response.json()) : undefined;
  if (!found?.success) throw fail(`${url.host} gives no token to read it with`);
  return found.data.token;
}

function get(url: URL, headers: Record<string, string>): Promise<Response> {
  return fetch(url, { headers, redirect: 'follow', signal: AbortSignal.timeout(PATIENCE) });
}
