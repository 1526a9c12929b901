import {
  AbstractCaller,
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
    readonly change: 'opened' | 'closed';
    readonly requests: number;
    readonly example: Caller;
  }[];
}

/**
 * Which of all callers one of two models admits and the other does not: each model's admission as a function
 * of what it asks about a caller, and where the functions differ. Undefined if one splits another claim of
 * the issuer into scopes than the other: then a claim is not one thing.
 */
export function compareCallers(ways: readonly Way[], asked: Asked): ComparedCallers | undefined {
  const scopeClaims = new Set(
    ways.flatMap(({ index }) => {
      const name = asked.issuer === undefined ? undefined : index.byIssuer.get(asked.issuer);
      return name === undefined ? [] : [index.policy.issuers[name]!.scopeClaim];
    }),
  );
  if (scopeClaims.size > 1) return undefined;
  const diagram = new Diagram();
  const hasProofs = ways.some(({ index }) => index.policy.dpop === true);
  const scopeClaim = [...scopeClaims][0] ?? 'scope';
  const caller = new AbstractCaller(diagram, asked.issuer, scopeClaim, asked.now, hasProofs);
  const [old, next] = ways.map((way) => admittedBy(way, asked, caller)) as [Node, Node];
  const possible = caller.possible();
  const within = (one: Node, other: Node) => diagram.all([possible, one, diagram.not(other)]);
  const sides = [
    ['opened', within(next, old)],
    ['closed', within(old, next)],
  ] as const;
  return {
    requests: diagram.count(possible, caller.size),
    changes: sides.flatMap(([change, node]) => {
      const holding = diagram.fewest(node);
      if (!holding) return [];
      return [{ change, requests: diagram.count(node, caller.size), example: caller.callerOf(holding) }];
    }),
  };
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
