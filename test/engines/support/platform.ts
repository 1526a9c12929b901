import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import type { JsonObject } from '../../../lib/policy/request.js';
import { profileClaims } from '../../../lib/policy/token.js';
import { Addresses } from '../../../local/addresses.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import type { PlatformEvent } from '../../../local/events.js';
import { Platform } from '../../../local/platform.js';
import type { PlatformOptions } from '../../../local/platform-options.js';
import { TestAuthority } from './authority.js';
import type { Target } from './connect.js';
import { Http1Client } from './http1.js';
import { Http2Client } from './http2.js';
import { issuerKey, TestIssuer } from './issuer.js';
import { KeyServer } from './key-server.js';

/** Seconds for which a test's token is good. */
const LIFETIME = 600;

/**
 * A whole platform in this process, with issuers whose keys the test holds. The authority and every
 * Envoy are real; applications are echoes unless an overlay says otherwise.
 */
export class TestPlatform {
  readonly #clients: { close(): void }[] = [];

  private constructor(
    readonly platform: Platform,
    readonly issuers: readonly TestIssuer[],
    /** Everything that happened so far. */
    readonly events: PlatformEvent[],
    private readonly keyServer: KeyServer,
    private readonly closeAround: () => Promise<void>,
  ) {}

  static async start(
    model: unknown,
    options: Partial<PlatformOptions> & { overlay?: unknown } = {},
  ): Promise<TestPlatform> {
    const plan = resolve(model);
    const issuers = Object.entries(plan.issuers).map(
      ([name, { issuer }]) => new TestIssuer(name, issuer, [issuerKey('ES256', `${name}-1`)]),
    );
    const { keyServer, caPath, place, close } = await serveKeys(plan, issuers);
    const events: PlatformEvent[] = [];
    const around = async () => {
      await keyServer.close();
      await close();
    };
    try {
      const endpoint = { ...place, ca: caPath };
      const platform = await Platform.start({
        source: { model, overlay: options.overlay },
        envoy: await findEnvoy(),
        identity: {
          kind: 'external',
          issuers: Object.fromEntries(issuers.map(({ name }) => [name, endpoint])),
        },
        ...options,
        onEvent: (event) => {
          events.push(event);
          options.onEvent?.(event);
        },
      });
      return new TestPlatform(platform, issuers, events, keyServer, around);
    } catch (error) {
      await around();
      throw error;
    }
  }

  /** No key can be fetched from now on. */
  stopKeyServer(): Promise<void> {
    return this.keyServer.close();
  }

  /** A token of an issuer for a service; `claims` go over the usual ones. */
  token(issuer: string, service: string, claims: JsonObject = {}): string {
    const { plan } = this.platform;
    const found = this.issuers.find(({ name }) => name === issuer);
    const audience = plan.policy.services[service]?.audiences[issuer]?.[0] ?? 'none';
    const profile = plan.policy.issuers[issuer]?.profile;
    if (!found || !profile) throw new RangeError(`no issuer ${issuer}`);
    const now = Math.floor(Date.now() / 1000);
    const { kid = '', algorithm = 'ES256' } = found.keys[0] ?? {};
    return found.sign(
      { alg: algorithm, kid, ...(profile.tokenType !== undefined && { typ: profile.tokenType }) },
      {
        iss: found.issuer,
        sub: 'ada',
        iat: now,
        exp: now + LIFETIME,
        auth_time: now,
        [profile.audienceClaim]: audience,
        ...profileClaims(profile),
        ...claims,
      },
    );
  }

  /** Where users connect. */
  get gateway(): Target {
    const { gateway } = this.platform.ready();
    return { ...place(gateway.url), tls: { ca: readFileSync(gateway.ca, 'utf8') } };
  }

  /** Where a service's peers connect, as the workload of another service, as the gateway, or as nobody. */
  sidecar(service: string, as?: string): Target {
    const ready = this.platform.ready();
    const to = ready.services[service];
    const from = as === 'gateway' ? ready.gateway : as === undefined ? undefined : ready.services[as];
    if (!to) throw new RangeError(`no service ${service}`);
    const certificates = from && {
      certificate: readFileSync(from.certificates.certificate, 'utf8'),
      key: readFileSync(from.certificates.key, 'utf8'),
    };
    return { ...place(to.sidecar), tls: { ...certificates } };
  }

  /** A client that is closed with the platform. */
  http1(target: Target): Http1Client {
    return this.#keep(new Http1Client(target));
  }

  http2(target: Target): Http2Client {
    return this.#keep(new Http2Client(target));
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.platform.stop();
    await this.closeAround();
  }

  #keep<Client extends { close(): void }>(client: Client): Client {
    this.#clients.push(client);
    return client;
  }
}

function place(url: string): { address: string; port: number } {
  const { hostname, port } = new URL(url);
  return { address: hostname, port: Number(port) };
}

async function serveKeys(plan: Plan, issuers: readonly TestIssuer[]) {
  const folder = mkdtempSync(join(tmpdir(), 'ztp-keys-'));
  const addresses = new Addresses(`keys ${process.pid} ${folder}`);
  const authority = await TestAuthority.create(plan.certificates, 'keys');
  const caPath = join(folder, 'root.pem');
  writeFileSync(caPath, authority.root);
  const hosts = Object.values(plan.issuers).map(({ jwksUri }) => new URL(jwksUri).hostname);
  const leaf = await authority.edge(hosts.length > 0 ? hosts : ['keys.invalid']);
  const address = await addresses.address('keys');
  const where = { address, port: await addresses.port(address, 8443) };
  const keyServer = await KeyServer.start(where, leaf, plan, issuers);
  const close = async () => {
    await addresses.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { keyServer, caPath, place: where, close };
}
