import { pathOf } from '../canonical.js';
import { rulesFor, type PolicyIndex } from '../index-rules.js';
import {
  type AccessRule,
  type ClaimTest,
  endOf,
  type Issuer,
  isStrength,
  type PolicyCondition,
  type TokenProfile,
} from '../policy.js';
import type { Request } from '../request.js';
import { isThroughGateway } from '../through-gateway.js';
import { presence } from '../token.js';
import { revokedClaim } from '../revocation.js';
import { type AbstractCaller, LIFETIME } from './caller.js';
import type { Node } from './diagram.js';

/** Where a request arrives, and when: all of it but the token and the address of its caller. */
export type Place = Omit<Request, 'credential' | 'sourceAddress' | 'headers'>;

/** Which callers get which answer at a point, as functions of what is told about them. */
export interface Admission {
  /** Those whose token is good there, or who have none. */
  readonly valid: Node;
  readonly allowed: Node;
  /** Of those who are refused with a good token: whom stronger authentication would help. */
  readonly steppedUp: Node;
  /** Of those without a token: whether one could help. */
  readonly wantsToken: boolean;
}

/** What a token is bound to (RFC 9449 section 6.1). */
const KEY = ['cnf', 'jkt'];

/** Rules in the order in which they are read. */
export type Reading = (index: PolicyIndex, service: string, place: Place) => readonly AccessRule[];

const indexed: Reading = (index, service, { method, path }) => rulesFor(index, service, method, pathOf(path));

/**
 * What `decide` says about a canonical request of every caller at once. `read` finds the rules that cover it;
 * by default the index does.
 */
export function admissionOf(
  index: PolicyIndex,
  service: string,
  place: Place,
  caller: AbstractCaller,
  read: Reading = indexed,
): Admission {
  return new PlaceRules(index, service, place, caller).admission(read(index, service, place));
}

/** The rules of `decide`, read as functions. What is known of the place is a constant here. */
class PlaceRules {
  readonly #now: number;
  readonly #throughGateway: boolean;
  readonly #seesClient: boolean;
  readonly #issuer: { readonly name: string; readonly profile: Issuer } | undefined;

  constructor(
    private readonly index: PolicyIndex,
    private readonly service: string,
    private readonly place: Place,
    private readonly caller: AbstractCaller,
  ) {
    const { point } = place;
    this.#now = Math.floor(place.now);
    this.#throughGateway = isThroughGateway(index.policy, place);
    this.#seesClient = point.kind === 'gateway' && point.behindEdge !== true;
    const name = caller.issuer === undefined ? undefined : index.byIssuer.get(caller.issuer);
    const profile = name === undefined ? undefined : index.policy.issuers[name];
    this.#issuer = name === undefined || profile === undefined ? undefined : { name, profile };
  }

  get #diagram() {
    return this.caller.diagram;
  }

  admission(covering: readonly AccessRule[]): Admission {
    const { revocations } = this.index;
    const enforced = covering.filter(
      (rule) =>
        (rule.auditUntil === undefined || this.#now >= rule.auditUntil) &&
        this.#now < (endOf(rule) ?? Number.POSITIVE_INFINITY) &&
        (rule.effect === 'deny' || !revocations.withdraws(rule.id, this.#now)),
    );
    const isClosed = revocations.closes(this.service, this.#now);
    const { never, always } = this.#diagram;
    const hasToken = this.caller.issuer !== undefined;
    const valid = hasToken ? this.#isValid() : always;
    const passes = (holds: (condition: PolicyCondition) => Node) => {
      const speaking = (effect: AccessRule['effect']) =>
        this.#diagram.any(
          enforced.filter((rule) => rule.effect === effect).map((rule) => this.#speaks(rule, holds)),
        );
      if (isClosed) return never;
      return this.#diagram.all([valid, speaking('allow'), this.#diagram.not(speaking('deny'))]);
    };
    const allowed = passes((condition) => this.#holds(condition));
    const afterStepUp = passes((condition) => (isStrength(condition) ? always : this.#holds(condition)));
    return {
      valid,
      allowed,
      steppedUp: hasToken ? this.#diagram.all([afterStepUp, this.#diagram.not(allowed)]) : never,
      wantsToken: !hasToken && enforced.some((rule) => this.#wantsToken(rule)),
    };
  }

  #speaks(rule: AccessRule, holds: (condition: PolicyCondition) => Node): Node {
    const diagram = this.#diagram;
    const conditions = diagram.all(rule.conditions.map(holds));
    if (rule.effect === 'allow') {
      return diagram.all([diagram.any(rule.principals.map((one) => this.#isAdmitted(one))), conditions]);
    }
    const isDenied = diagram.any(rule.principals.map((one) => this.#isDenied(one)));
    return rule.conditions.length === 0 ? isDenied : diagram.all([isDenied, diagram.not(conditions)]);
  }

  #isAdmitted(principal: AccessRule['principals'][number]): Node {
    const throughGateway = this.#constant(this.#throughGateway);
    switch (principal.kind) {
      case 'anyone':
        return throughGateway;
      case 'token':
        return this.#diagram.all([throughGateway, this.#carries(principal)]);
      case 'workload': {
        const isPeer = this.#constant(this.#isPeer(principal.spiffeId));
        return principal.forUser ? this.#diagram.all([isPeer, this.#carries(principal.forUser)]) : isPeer;
      }
    }
  }

  #isDenied(principal: AccessRule['principals'][number]): Node {
    switch (principal.kind) {
      case 'anyone':
        return this.#diagram.always;
      case 'token':
        return this.#carries(principal);
      case 'workload':
        return this.#constant(this.#isPeer(principal.spiffeId));
    }
  }

  #wantsToken({ effect, principals }: AccessRule): boolean {
    if (effect === 'deny') return false;
    return principals.some((principal) => {
      if (principal.kind === 'token') return this.#throughGateway;
      return (
        principal.kind === 'workload' && principal.forUser !== undefined && this.#isPeer(principal.spiffeId)
      );
    });
  }

  #carries(wanted: { readonly issuer: string; readonly claims: readonly ClaimTest[] }): Node {
    if (this.#issuer?.name !== wanted.issuer) return this.#diagram.never;
    return this.#diagram.all(wanted.claims.map((test) => this.caller.claim(test)));
  }

  #isPeer(spiffeId: string): boolean {
    return this.place.point.kind === 'sidecar' && this.place.peer === spiffeId;
  }

  #holds(condition: PolicyCondition): Node {
    const { diagram } = this.caller;
    const profile = this.#issuer?.profile;
    switch (condition.kind) {
      case 'multiFactor':
        return profile?.multiFactor ? this.caller.claim(profile.multiFactor) : diagram.never;
      case 'compliantDevice':
        return profile?.device ? this.caller.claim(profile.device) : diagram.never;
      case 'claim':
        return this.#issuer ? this.caller.claim(condition.test) : diagram.never;
      case 'signedInWithin': {
        const claim = profile?.authTime;
        if (!claim) return diagram.never;
        const { clockSkewSeconds } = profile.profile;
        return diagram.all([
          this.caller.ask({ claim, test: 'atLeast', value: this.#now - condition.seconds }),
          diagram.not(this.caller.ask({ claim, test: 'above', value: this.#now + clockSkewSeconds })),
        ]);
      }
      case 'senderConstrained': {
        if (!this.#issuer) return diagram.never;
        const claim = ['cnf', 'x5t#S256'];
        if (!this.#seesClient) {
          return diagram.all([
            this.#constant(this.#throughGateway),
            this.caller.ask({ claim, test: 'single' }),
          ]);
        }
        const { certificateThumbprint: value } = this.place;
        return value === undefined || value === ''
          ? diagram.never
          : this.caller.ask({ claim, test: 'is', value });
      }
      case 'dpop':
        return this.#issuer ? this.#isBoundToKey() : diagram.never;
      case 'sourceNetwork':
        if (!this.#seesClient && this.#throughGateway) return diagram.always;
        return diagram.any(condition.ranges.map((range) => this.caller.isWithin(range)));
    }
  }

  /** What the issuer's profile, the service's audiences and the revocations make of the token. */
  #isValid(): Node {
    const { diagram } = this.caller;
    if (!this.#issuer) return diagram.never;
    const { name, profile: issuer } = this.#issuer;
    const { profile } = issuer;
    const skew = profile.clockSkewSeconds;
    const audiences = this.index.services.get(this.service)?.audiences.get(name) ?? [];
    return diagram.all([
      diagram.not(this.caller.longerThan(profile.maxBytes)),
      diagram.any(profile.algorithms.map((algorithm) => this.caller.algorithm(algorithm))),
      profile.tokenType === undefined ? diagram.always : this.caller.type(profile.tokenType.toLowerCase()),
      this.caller.ask({ claim: ['exp'], test: 'atLeast', value: Math.max(1, this.#now - skew) }),
      diagram.not(this.caller.ask({ claim: ['nbf'], test: 'atLeast', value: this.#now + skew + 1 })),
      this.#isWithinLife(profile),
      ...Object.entries(profile.requiredClaims).map(([claim, value]) =>
        this.caller.ask({ claim: [claim], test: 'is', value }),
      ),
      ...(profile.presentClaims ?? []).map((name) => this.caller.claim(presence(name))),
      diagram.any(
        audiences.map((value) =>
          this.caller.claim({ claim: [profile.audienceClaim], test: 'contains', value }),
        ),
      ),
      ...this.#revocations(name, issuer).map((revoked) => diagram.not(revoked)),
      this.#isProven(),
    ]);
  }

  /** Of the tokens that end when every one here does. */
  #isWithinLife({ maxLifetimeSeconds: most, clockSkewSeconds }: TokenProfile): Node {
    const { caller } = this;
    const { diagram } = caller;
    if (most === undefined) return diagram.always;
    const claim = ['iat'];
    return diagram.all([
      caller.ask({ claim, test: 'atLeast', value: this.#now + LIFETIME - most }),
      diagram.not(caller.ask({ claim, test: 'above', value: this.#now + clockSkewSeconds })),
    ]);
  }

  /** As `possessionFault` has it. */
  #isProven(): Node {
    const { caller, index, place } = this;
    const { diagram } = caller;
    if (!caller.hasProofs) return diagram.always;
    const [proof, isBound] = [caller.proof(), this.#isBoundToKey()];
    const asBearer = diagram.not(proof);
    if (index.policy.dpop !== true) return asBearer;
    const { provenKey: value } = place;
    const ofKey = value === undefined ? diagram.never : caller.ask({ claim: KEY, test: 'is', value });
    const isProven = this.#seesClient ? ofKey : this.#constant(this.#throughGateway);
    return diagram.any([
      diagram.all([asBearer, diagram.not(isBound)]),
      diagram.all([proof, isBound, isProven]),
    ]);
  }

  #isBoundToKey(): Node {
    return this.caller.ask({ claim: KEY, test: 'single' });
  }

  #revocations(issuer: string, { profile }: Issuer): Node[] {
    return this.index.revocations.document.entries.flatMap((entry) => {
      if (entry.kind === 'service' || entry.kind === 'rule') return [];
      if (entry.issuer !== issuer || this.#now >= entry.until) return [];
      const claim = [revokedClaim(entry.kind, profile)];
      const named = this.caller.ask({ claim, test: 'is', value: entry.value });
      const before = entry.kind === 'subject' ? entry.before : undefined;
      if (before === undefined) return [named];
      const isLater = this.caller.ask({ claim: ['iat'], test: 'atLeast', value: before });
      return [this.#diagram.all([named, this.#diagram.not(isLater)])];
    });
  }

  #constant(holds: boolean): Node {
    return holds ? this.#diagram.always : this.#diagram.never;
  }
}
