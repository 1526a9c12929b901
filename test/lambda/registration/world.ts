import type { KeyObject } from 'node:crypto';
import { generatePrivateKey } from '../../../lib/authority/index.js';
import { identitiesOf } from '../../../lib/authority/registration.js';
import { type AuthorityGeneration, firstBundle } from '../../../lib/authority/trust-bundle.js';
import type { IdentityRecord } from '../../../lib/authority/identity-record.js';
import { resolve } from '../../../lib/index.js';
import { registrationRequest } from '../../../lambda/registration/attest.js';
import type { IssuanceStore } from '../../../lambda/registration/issuance-store.js';
import { signerIssuer } from '../../../lambda/registration/issuer.js';
import type {
  AttestedHeader,
  RegistrationAnswer,
  RegistrationRequest,
} from '../../../lambda/registration/protocol.js';
import { Refusal } from '../../../lambda/registration/refusal.js';
import { register, type Registration } from '../../../lambda/registration/register.js';
import { whoSigned } from '../../../lambda/registration/sts.js';
import { testAuthority, type TestAuthority } from '../../authority/authority.js';
import { shop } from '../../model/shop.js';
import { LoopbackSts, type Session } from './loopback-sts.js';

export const plan = resolve(shop(), { engine: 'aws' });
export const PLATFORM = plan.trustDomain;
export const REGION = 'eu-central-1';
export const ACCOUNT = '111122223333';
export const ORDERS = 'services/orders/sidecar';
export const spiffeIdOf = (point: string) => identitiesOf(plan).get(point) ?? '';

/** A session of a service's task role. */
export function session(name: string, more: Partial<Session> = {}): Session {
  const id = name.toUpperCase().padEnd(16, 'A').slice(0, 16);
  return {
    credentials: {
      accessKeyId: `ASIA${id}`,
      secretAccessKey: `secret of ${name}`,
      sessionToken: `token/of+${name}==`,
    },
    account: ACCOUNT,
    roleName: `${name}-task`,
    roleId: `AROA${id}`,
    session: '0123456789abcdef0123456789abcdef',
    ...more,
  };
}

export interface Line {
  readonly event: string;
  readonly code?: string;
  readonly message?: string;
  readonly [name: string]: unknown;
}

/** A registration authority with its neighbours in memory, and a loopback STS that verifies. */
export class World {
  readonly log: Line[] = [];
  readonly records = new Map<string, IdentityRecord[]>();
  /** Issuances by the attestation that they were for. */
  readonly issued = new Map<string, unknown>();
  perTask = 10;
  /** Generations that somebody else added to the bundle. */
  readonly appended: AuthorityGeneration[] = [];
  now = new Date(Math.floor(Date.now() / 1000) * 1000);

  private constructor(
    readonly sts: LoopbackSts,
    readonly authority: TestAuthority,
  ) {}

  static async start(...sessions: readonly Session[]): Promise<World> {
    return new World(await LoopbackSts.start(...sessions), await testAuthority());
  }

  /** Give a role an identity, as `join` does. */
  join({ account, roleName, roleId }: Session, point: string): void {
    const record = { account, roleName, roleId, point };
    this.records.set(roleId, [...(this.records.get(roleId) ?? []), record]);
  }

  request(
    { credentials }: Session,
    key: KeyObject = generatePrivateKey(),
    more: { readonly region?: string; readonly platform?: string } = {},
  ): Promise<RegistrationRequest> {
    return registrationRequest(key, {
      credentials,
      region: REGION,
      platform: PLATFORM,
      now: this.now,
      ...more,
    });
  }

  ask(request: unknown): Promise<RegistrationAnswer> {
    return register(this.registration(), request, this.now);
  }

  /** The code of a refusal; fails if a certificate came. Nothing may have been recorded for it either. */
  async refused(request: unknown): Promise<string> {
    const before = this.issued.size;
    const answer = await this.ask(request);
    expect(this.issued.size).toBe(before);
    expect(answer).not.toHaveProperty('certificates');
    return answer.kind === 'refused' ? answer.code : 'issued';
  }

  private registration(): Registration {
    const store = this.store();
    return {
      configuration: {
        platform: PLATFORM,
        profiles: JSON.parse(JSON.stringify(plan.certificates)) as Registration['configuration']['profiles'],
        identities: Object.fromEntries(identitiesOf(plan)),
        limits: { perTask: this.perTask, perIdentity: 1000 },
      },
      whereabouts: { region: REGION, account: ACCOUNT },
      whoSigned: (attestation, region) => whoSigned(attestation, region, { origin: this.sts.origin }),
      records: {
        of: async (caller) => {
          const found = this.records.get(caller.roleId) ?? [];
          const [record] = found;
          if (!record || found.length > 1 || record.roleName !== caller.roleName) {
            throw new Refusal('unknown-identity', `${found.length} records`);
          }
          return record;
        },
      },
      store,
      issuer: signerIssuer({
        platform: PLATFORM,
        profiles: plan.certificates,
        signer: this.authority.issuing.signer,
        store,
        rootKeys: async () => [await this.authority.root.signer.publicKey()],
      }),
      log: (line) => this.log.push(line as Line),
    };
  }

  private store(): IssuanceStore {
    const { root, issuing } = this.authority;
    const bundle = firstBundle(
      PLATFORM,
      { root: root.certificate, issuing: issuing.certificate },
      new Date(0),
    );
    return {
      bundle: async () =>
        JSON.stringify({ ...bundle, generations: [...bundle.generations, ...this.appended] }),
      checkLimits: async (_asking, { perTask }) => {
        if (this.issued.size >= perTask) throw new Refusal('issuance-rate', 'too often');
      },
      record: async (_asking, attestation, issuance) => {
        if (this.issued.has(attestation)) throw new Refusal('replayed-attestation', 'used before');
        this.issued.set(attestation, issuance);
      },
    };
  }
}

/** The request with one header of its attestation changed. */
export function withHeader(
  request: RegistrationRequest,
  name: AttestedHeader | (string & {}),
  change: (value: string) => string | undefined,
): unknown {
  const headers: Record<string, string> = { ...request.attestation.headers };
  const value = change(headers[name] ?? '');
  if (value === undefined) delete headers[name];
  else headers[name] = value;
  return { ...request, attestation: { ...request.attestation, headers } };
}
