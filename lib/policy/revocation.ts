import { memberOf } from './claim.js';
import type { Issuer, TokenProfile } from './policy.js';
import type { JsonObject } from './request.js';

/**
 * What has been withdrawn since the plan was made. Every point reads the document out of band and
 * refuses one whose version is lower than the last it saw.
 */
export interface RevocationDocument {
  /** Grows with every write. */
  readonly version: number;
  readonly entries: readonly Revocation[];
}

interface Expiring {
  /** Seconds since the epoch from which the entry means nothing. */
  readonly until: number;
}

/** Emergency deny: nothing of the service is admitted. */
interface ServiceRevocation extends Expiring {
  readonly kind: 'service';
  readonly service: string;
}

/** An allow that grants nothing meanwhile. A deny cannot be withdrawn: that would admit. */
interface RuleRevocation extends Expiring {
  readonly kind: 'rule';
  readonly rule: string;
}

/** An issuer's tokens with that `jti`, of that session (`sid`), or of that client (the profile's `clientClaim`). */
interface GrantRevocation extends Expiring {
  readonly kind: 'token' | 'session' | 'client';
  readonly issuer: string;
  readonly value: string;
}

/** An issuer's tokens of that subject (`sub`). */
interface SubjectRevocation extends Expiring {
  readonly kind: 'subject';
  readonly issuer: string;
  readonly value: string;
  /** Only those issued (`iat`) before that second, or without `iat`. @default all */
  readonly before?: number;
}

export type TokenRevocation = GrantRevocation | SubjectRevocation;
export type Revocation = ServiceRevocation | RuleRevocation | TokenRevocation;

const TOKEN_KINDS = ['token', 'session', 'client', 'subject'] as const;

/** The claim that an entry of this kind is compared with in a token of this profile. */
export function revokedClaim(
  kind: TokenRevocation['kind'],
  { clientClaim = 'client_id' }: Pick<TokenProfile, 'clientClaim'>,
): string {
  switch (kind) {
    case 'token':
      return 'jti';
    case 'session':
      return 'sid';
    case 'client':
      return clientClaim;
    case 'subject':
      return 'sub';
  }
}

export const NO_REVOCATIONS: RevocationDocument = { version: 0, entries: [] };

/** A document laid out so that a decision looks up what it asks for, however long the document is. */
export class RevocationIndex {
  readonly #services = new Map<string, number>();
  readonly #rules = new Map<string, number>();
  /** By the claim's value, whatever the claim and the issuer: both are compared then. */
  readonly #tokens = new Map<string, TokenRevocation[]>();

  constructor(readonly document: RevocationDocument) {
    for (const entry of document.entries) {
      if (entry.kind === 'service') extend(this.#services, entry.service, entry.until);
      else if (entry.kind === 'rule') extend(this.#rules, entry.rule, entry.until);
      else this.#add(entry);
    }
  }

  /** In one list for each value, made longer: many entries may have the same. */
  #add(entry: TokenRevocation): void {
    const entries = this.#tokens.get(entry.value);
    if (entries) entries.push(entry);
    else this.#tokens.set(entry.value, [entry]);
  }

  /** Whether an emergency deny closes the service. */
  closes(service: string, now: number): boolean {
    return now < (this.#services.get(service) ?? now);
  }

  /** Whether any allow is withdrawn. */
  get withdrawsAny(): boolean {
    return this.#rules.size > 0;
  }

  /** Whether the allow with that id is withdrawn. */
  withdraws(rule: string, now: number): boolean {
    return this.#rules.size > 0 && now < (this.#rules.get(rule) ?? now);
  }

  /** Whether a token with these claims, of the issuer with that name and profile, is revoked. */
  revokes(issuer: string, { profile }: Issuer, claims: JsonObject, now: number): boolean {
    if (this.#tokens.size === 0) return false;
    return TOKEN_KINDS.some((kind) => {
      const value = memberOf(claims, revokedClaim(kind, profile));
      const entries = typeof value === 'string' ? this.#tokens.get(value) : undefined;
      return entries?.some(
        (entry) =>
          entry.kind === kind && entry.issuer === issuer && now < entry.until && isOldEnough(entry, claims),
      );
    });
  }
}

function extend(ends: Map<string, number>, name: string, until: number): void {
  ends.set(name, Math.max(ends.get(name) ?? until, until));
}

function isOldEnough(entry: TokenRevocation, claims: JsonObject): boolean {
  if (entry.kind !== 'subject' || entry.before === undefined) return true;
  const issuedAt = memberOf(claims, 'iat');
  return !(typeof issuedAt === 'number' && issuedAt >= entry.before);
}
