import { pathClasses } from '../../lib/insight/compare-paths.js';
import {
  AbstractCaller,
  type Admission,
  admissionOf,
  Diagram,
  type Place,
} from '../../lib/policy/abstract/index.js';
import { decide, type Outcome } from '../../lib/policy/decide.js';
import { type PolicyIndex, rulesFor } from '../../lib/policy/index-rules.js';
import type { AccessRule } from '../../lib/policy/policy.js';
import type { Request } from '../../lib/policy/request.js';
import { Random } from '../policy/random.js';
import { rulesCovering } from './linear.js';

/** Conditions up to which every abstract request is decided by itself. */
export const MOST = 16;
/** Abstract requests that are decided besides where a diagram is the proof. */
const BESIDES = 40;

/** How one operation was shown, for one kind of caller at one point. */
export interface OperationProof {
  readonly operation: string;
  readonly by: 'enumeration' | 'diagram';
  /** What is told apart about the caller. */
  readonly conditions: number;
  /** Abstract requests that `decide` was asked about. */
  readonly asked: number;
}

/**
 * That the index decides as the rules read one after another do, operation by operation. The paths are all
 * that templates tell apart. For each, and each kind of caller at each point, both readings are functions of
 * what the policy asks about the caller. Up to 16 such conditions `decide` is asked about every combination
 * that a caller can have; above, both functions are one node of a decision diagram. Throws at the first difference.
 */
export function* proveIndex(index: PolicyIndex, now: number, most = MOST): Generator<OperationProof> {
  for (const [service, { rules }] of Object.entries(index.policy.services)) {
    const { classes, paths, isExact } = pathClasses(rules);
    if (!isExact) throw new Error(`${service}: more paths than can be walked`);
    for (const { method, path } of paths) sameRules(index, service, method, path);
    for (const { method, path } of classes) {
      for (const { point, peer } of placesOf(index, service, rules)) {
        for (const issuer of [undefined, ...index.byIssuer.keys()]) {
          const { authority } = index.policy.services[service]!;
          const place: Place = {
            point,
            ...(peer !== undefined && { peer }),
            method,
            authority,
            path,
            certificateThumbprint: 'shown',
            now,
          };
          const proof = proveOperation(index, service, place, { issuer, most });
          yield { operation: `${service}: ${method} ${path}`, ...proof };
        }
      }
    }
  }
}

function proveOperation(
  index: PolicyIndex,
  service: string,
  place: Place,
  { issuer, most }: { readonly issuer: string | undefined; readonly most: number },
) {
  const diagram = new Diagram();
  const name = issuer === undefined ? undefined : index.byIssuer.get(issuer);
  const scopeClaim = name === undefined ? 'scope' : index.policy.issuers[name]!.scopeClaim;
  const caller = new AbstractCaller(diagram, issuer, scopeClaim, place.now);
  const linear = admissionOf(index, service, place, caller, readLinearly);
  const indexed = admissionOf(index, service, place, caller);
  const where = `${service}: ${place.method} ${place.path} at the ${place.point.kind} from ${place.peer}, ${issuer}`;
  if (JSON.stringify(linear) !== JSON.stringify(indexed)) throw new Error(`${where}: the readings differ`);
  const possible = caller.possible();
  const isSmall = caller.size <= most;
  let asked = 0;
  for (const holding of isSmall
    ? diagram.every(possible, caller.size)
    : some(diagram, possible, caller.size)) {
    const request: Request = { ...place, ...caller.callerOf(holding), headers: [] };
    const { outcome } = decide(index, request);
    const expected = outcomeOf(diagram, linear, issuer !== undefined, holding);
    if (outcome !== expected) {
      throw new Error(
        `${where}: decide says ${outcome}, the rules one by one ${expected}\n${JSON.stringify(request)}`,
      );
    }
    asked += 1;
  }
  return { by: isSmall ? 'enumeration' : 'diagram', conditions: caller.size, asked } as const;
}

/** Combinations that callers can have, each variable in turn drawn, or what it must be. */
function* some(diagram: Diagram, possible: number, size: number): Generator<ReadonlySet<number>> {
  const random = new Random(size);
  for (let count = 0; count < BESIDES; count += 1) {
    let left = possible;
    for (let variable = 0; variable < size; variable += 1) {
      const wanted = diagram.variable(variable);
      const drawn = diagram.all([left, random.below(3) > 0 ? diagram.not(wanted) : wanted]);
      const other = diagram.all([left, diagram.choose(drawn, diagram.never, diagram.always)]);
      left = drawn === diagram.never ? other : drawn;
    }
    yield diagram.fewest(left)!;
  }
}

function outcomeOf(
  diagram: Diagram,
  { valid, allowed, steppedUp, wantsToken }: Admission,
  hasToken: boolean,
  holding: ReadonlySet<number>,
): Outcome {
  const is = (node: number) => diagram.at(node, (variable) => holding.has(variable));
  if (!is(valid)) return 'invalidToken';
  if (is(allowed)) return 'allow';
  if (hasToken) return is(steppedUp) ? 'stepUp' : 'forbidden';
  return wantsToken ? 'tokenRequired' : 'forbidden';
}

/** The rules that cover a request, found by reading all of them with an expression for each template. */
function readLinearly(index: PolicyIndex, service: string, { method, path }: Place): AccessRule[] {
  const { rules } = index.policy.services[service]!;
  const ids = rulesCovering(index.policy.services[service]!, method, path).map(
    (text) => text.split(' ', 1)[0],
  );
  return ids.map((id) => rules.find((rule) => rule.id === id)!);
}

function sameRules(index: PolicyIndex, service: string, method: string, path: string): void {
  const found = rulesFor(index, service, method, path).map(({ id, operation }) => `${id} ${operation}`);
  const read = rulesCovering(index.policy.services[service]!, method, path);
  if (found.join('\n') !== read.join('\n')) {
    throw new Error(`${service}: ${method} ${path}: index [${found.join()}]; one by one [${read.join()}]`);
  }
}

/** Where a request can arrive, and from whom: each workload that a rule names, and one that none does. */
function placesOf(
  { policy }: PolicyIndex,
  service: string,
  rules: readonly AccessRule[],
): Pick<Place, 'point' | 'peer'>[] {
  const named = rules.flatMap(({ principals }) =>
    principals.flatMap((one) => (one.kind === 'workload' ? [one.spiffeId] : [])),
  );
  const peers = [undefined, 'spiffe://stranger.invalid/ns/x/sa/x', policy.gateways[0], ...new Set(named)];
  return [
    ...(policy.services[service]!.public ? [{ point: { kind: 'gateway' } } as const] : []),
    ...peers.map((peer) => ({
      point: { kind: 'sidecar', service } as const,
      ...(peer !== undefined && { peer }),
    })),
  ];
}
