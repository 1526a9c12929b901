import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planText } from '../../../lib/index.js';
import { edgeBundle, leafPaths, LocalAuthority } from '../../../local/authority/index.js';
import { IdentityProvider, type ServedIssuer } from '../../../local/identity/index.js';
import { SigningKeys } from '../../../local/identity/keys.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { issuersPlan } from '../../support/issuers.js';
import { call, obtainToken } from '../../support/tokens.js';

export const USERS = `
users:
  alice: { groups: [finance, staff], mfa: true, device: compliant, claims: { department: sales } }
  bob: { groups: [staff], scopes: [orders.read, orders.list] }
  erin: { mfa: true, scopes: [] }
  carol: { sub: c-1, issuers: [customers], groups: [vip] }
`;

/** The name of the pipelines' issuer in the plan. */
export const PIPELINES = 'pipelines.token-actions-githubusercontent-com';

let template: Promise<string> | undefined;
afterAll(async () => {
  if (template) rmSync(await template, { recursive: true });
});

/** A folder with the keys and certificates of every issuer. */
async function makeTemplate(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'ztp-identity-'));
  for (const [name, { profile }] of Object.entries(issuersPlan().policy.issuers)) {
    const algorithm = profile.algorithms.includes('ES256') ? 'ES256' : 'RS256';
    await SigningKeys.open(join(folder, 'identity', name), algorithm);
  }
  writeFileSync(join(folder, 'plan.json'), planText(issuersPlan()));
  await authorityIn(folder);
  return folder;
}

function authorityIn(folder: string): Promise<LocalAuthority> {
  const path = (name: string) => join(folder, name);
  const config = {
    plan: path('plan.json'),
    state: path('authority'),
    secrets: path('secrets'),
    gatewayHosts: [],
  };
  return LocalAuthority.open(config, { emit: () => {} });
}

/** An identity provider with certificates of a local authority, in a folder. */
export class TestProvider {
  readonly events: Readonly<Record<string, unknown>>[] = [];
  #provider: IdentityProvider | undefined;
  #issuers: Record<string, ServedIssuer> = {};

  private constructor(
    readonly folder: string,
    readonly authority: LocalAuthority,
  ) {}

  /** Write everything that a provider needs, and start it. */
  static async start(folder: string): Promise<TestProvider> {
    const provider = await TestProvider.prepare(folder);
    await provider.open();
    return provider;
  }

  /** The same without starting it. Making keys takes long, so folders share them. */
  static async prepare(folder: string): Promise<TestProvider> {
    template ??= makeTemplate();
    cpSync(await template, folder, { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(folder, 'users.yaml'), USERS);
    const provider = new TestProvider(folder, await authorityIn(folder));
    provider.configure({});
    return provider;
  }

  get configPath(): string {
    return join(this.folder, 'identity.json');
  }

  /** The configuration, and what to change in it. */
  configure(change: object, listener: object = {}, plan?: Plan): void {
    if (plan) writeFileSync(join(this.folder, 'plan.json'), planText(plan));
    const names = Object.keys((plan ?? issuersPlan()).issuers);
    const listeners = names.map((name) => {
      const leaf = leafPaths(join(this.folder, 'secrets'), `issuers/${name}`, 'edge');
      return [name, { address: '127.0.0.1', port: 0, ...leaf, ...listener }];
    });
    const config = {
      plan: join(this.folder, 'plan.json'),
      users: join(this.folder, 'users.yaml'),
      state: join(this.folder, 'identity'),
      issuers: Object.fromEntries(listeners) as object,
      ...change,
    };
    writeFileSync(this.configPath, JSON.stringify(config));
  }

  async open(): Promise<void> {
    this.#provider = await IdentityProvider.open(this.configPath, (event, fields) => {
      this.events.push({ event, ...fields });
    });
    this.#issuers = this.#provider.ready.issuers;
  }

  issuer(name: string): ServedIssuer {
    const found = this.#issuers[name];
    if (!found) throw new Error(`no issuer ${name}`);
    return found;
  }

  get ca(): string {
    return readFileSync(edgeBundle(join(this.folder, 'secrets')), 'utf8');
  }

  keysFile(issuer: string): string {
    return join(this.folder, 'identity', issuer, 'keys.json');
  }

  async command(name: string, fields: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const result: unknown = await this.#provider?.commands[name]?.(fields);
    this.#issuers = this.#provider?.ready.issuers ?? {};
    return result;
  }

  token(issuer: string, form: Readonly<Record<string, string>>): Promise<string> {
    return obtainToken(this.issuer(issuer), this.ca, form);
  }

  /** What is served where the plan says that the keys are. */
  async keys(issuer: string): Promise<{ keys: { kid: string }[] }> {
    const { host } = new URL(issuersPlan().issuers[issuer]!.jwksUri);
    const { text } = await call(this.issuer(issuer).jwks, { host, ca: this.ca });
    return JSON.parse(text) as { keys: { kid: string }[] };
  }

  async close(): Promise<void> {
    await this.#provider?.close();
  }
}
