import {
  AbstractCaller,
  addressesOf,
  admissionOf,
  type Caller,
  Diagram,
  type Node,
  type Place,
} from '../policy/abstract/index.js';
import type { PolicyIndex } from '../policy/index-rules.js';
import { calledService } from '../policy/called-service.js';

/** One model, and where a request arrives under it, in the order of the way; nowhere: it is refused. */
export interface Way {
  readonly index: PolicyIndex;
  readonly places: readonly Place[];
}

/** The request that everybody makes. */
export interface Asked {
  readonly authority: string;
  readonly method: string;
  readonly path: string;
  readonly now: number;
  /** `iss` of the tokens; undefined: nobody has one. */
  readonly issuer: string | undefined;
}

export interface ComparedCallers {
  /** Callers that the models tell apart. */
  readonly requests: number;
  readonly changes: readonly {
    readonly change: Change['change'];
    readonly requests: number;
    readonly example: Caller;
    /** The later instant at which it is so for none of them any more; absent if there is none. */
    readonly until?: number;
  }[];
}

/**
 * Which of all callers one of two models admits and the other does not: each model's admission as a function
 * of what it asks about a caller, and where the functions differ. Those for whom it
 * ends at one of the later instants are apart from the rest. Undefined if one splits another claim of the
 * issuer into scopes than the other: then a claim is not one thing.
 */
export function compareCallers(
  ways: readonly Way[],
  asked: Asked,
  later: readonly { readonly instant: number; readonly ways: readonly Way[] }[] = [],
): ComparedCallers | undefined {
  const caller = everybody(ways, asked);
  if (!caller) return undefined;
  const { diagram } = caller;
  const nodes = CHANGES.map((change) => ({
    change,
    first: changed({ ways, asked, change }, caller),
    later: later.map(({ instant, ways: then }) => ({
      until: instant,
      node: changed({ ways: then, asked, change }, caller),
    })),
  }));
  // Only now is all known that tells callers apart.
  const possible = caller.possible();
  return {
    requests: diagram.count(possible, caller.size),
    changes: nodes.flatMap(({ change, first, later: then }) => {
      let lasting = diagram.all([possible, first]);
      const ending = then.map(({ until, node }) => {
        const ended = diagram.all([lasting, diagram.not(node)]);
        lasting = diagram.all([lasting, node]);
        return { node: ended, until };
      });
      return [...ending, { node: lasting }].flatMap(({ node, ...end }) => {
        const holding = diagram.fewest(node);
        if (!holding) return [];
        const requests = diagram.count(node, caller.size);
        return [{ change, requests, example: caller.callerOf(holding), ...end }];
      });
    }),
  };
}

const CHANGES = ['opened', 'closed'] as const;

/** Everybody for whom a request changes in one way. */
export interface Change {
  readonly change: (typeof CHANGES)[number];
  readonly ways: readonly Way[];
  /** The ways at instants after that, at which it is so as well. */
  readonly later?: readonly (readonly Way[])[];
  /** The ways when it is so no longer. */
  readonly ended?: readonly Way[];
  readonly asked: Asked;
}

/**
 * Whether whoever `inner` changes something for is among those for whom `outer` does, both of the same request. What is opened
 * without a token is so for whoever has one, who need not show it; of a closing no such thing follows. `false` if it
 * cannot be told.
 */
export function isContained(inner: Change, outer: Change): boolean {
  if (inner.change !== outer.change) return false;
  if (inner.asked.issuer !== outer.asked.issuer) {
    return inner.change === 'opened' && outer.asked.issuer === undefined && isFromThere(inner, outer);
  }
  const caller = everybody([...inner.ways, ...outer.ways], inner.asked);
  if (!caller) return false;
  const { diagram } = caller;
  const [within, around] = [changed(inner, caller), changed(outer, caller)];
  return diagram.all([caller.possible(), within, diagram.not(around)]) === diagram.never;
}

/** Whether wherever some caller of the one calls from, everybody of the other does, who are told apart by nothing else. */
function isFromThere(inner: Change, outer: Change): boolean {
  const [one, other] = [inner, outer].map((change) => {
    const caller = everybody(change.ways, change.asked);
    return caller && { caller, node: changed(change, caller) };
  });
  if (!one || !other) return false;
  const isSome = ({ caller, node }: typeof one, address: string) => {
    const { diagram } = caller;
    return diagram.all([caller.possible(), node, caller.comesFrom(address)]) !== diagram.never;
  };
  const addresses = addressesOf([...new Set([...one.caller.ranges, ...other.caller.ranges])]);
  return addresses.every((address) => !isSome(one, address) || isSome(other, address));
}

function everybody(ways: readonly Way[], { issuer, now }: Asked): AbstractCaller | undefined {
  const scopeClaims = new Set(
    ways.flatMap(({ index }) => {
      const name = issuer === undefined ? undefined : index.byIssuer.get(issuer);
      return name === undefined ? [] : [index.policy.issuers[name]!.scopeClaim];
    }),
  );
  if (scopeClaims.size > 1) return undefined;
  const hasProofs = ways.some(({ index }) => index.policy.dpop === true);
  return new AbstractCaller(new Diagram(), issuer, [...scopeClaims][0] ?? 'scope', now, hasProofs);
}

function changed({ change, ways, later = [], ended, asked }: Change, caller: AbstractCaller): Node {
  const { diagram } = caller;
  const isSo = (both: readonly Way[]) => {
    const [old, next] = both.map((way) => admittedBy(way, asked, caller)) as [Node, Node];
    return change === 'opened'
      ? diagram.all([next, diagram.not(old)])
      : diagram.all([old, diagram.not(next)]);
  };
  return diagram.all([ways, ...later].map(isSo).concat(ended ? [diagram.not(isSo(ended))] : []));
}

function admittedBy({ index, places }: Way, { authority }: Asked, caller: AbstractCaller): Node {
  const service = calledService(index, authority);
  if (service === undefined || places.length === 0) return caller.diagram.never;
  return caller.diagram.all(
    places.map((place) => {
      const { point } = place;
      // A point that does not stand before the service refuses everybody.
      const isHere =
        point.kind === 'gateway' ? index.policy.services[service]!.public : point.service === service;
      return isHere ? admissionOf(index, service, place, caller).allowed : caller.diagram.never;
    }),
  );
}
