import { canonicalJson } from '../../plan/json.js';
import type { ParsedOperation } from '../../policy/operation.js';
import { operationOf } from '../../policy/operation.js';
import type { AccessRule, ClaimTest, PolicyPrincipal } from '../../policy/policy.js';

interface Node {
  readonly literals: Map<string, Node>;
  parameter?: Node;
  readonly here: Map<string, AccessRule[]>;
  readonly below: Map<string, AccessRule[]>;
}

/** Rules whose places in the index would be more than these are left out of it: nothing is certain then. */
const MAX_PLACES = 4096;
/** Candidates that a look-up gives at most. */
const MAX_CANDIDATES = 64;

/**
 * Rules of one service by operation and by what they ask of a principal, so that those which might
 * cover a rule are found without looking at every other rule.
 */
export class RuleIndex {
  private readonly methods = new Map<string, Node>();

  constructor(rules: readonly AccessRule[]) {
    for (const rule of rules) this.insert(rule);
  }

  /** Rules that may cover the rule: they cover its first operation and perhaps its first principal. */
  candidates(rule: AccessRule): AccessRule[] {
    const [operation] = rule.operations;
    const [principal] = rule.principals;
    if (operation === undefined || principal === undefined) return [];
    const parsed = operationOf(operation);
    const root = this.methods.get(parsed.method);
    const found: AccessRule[] = [];
    if (root) collect(root, parsed, 0, wantedKeys(principal), found);
    return found;
  }

  private insert(rule: AccessRule): void {
    const keys = new Set(rule.principals.map(givenKey));
    if (keys.size * rule.operations.length > MAX_PLACES) return;
    for (const operation of rule.operations) {
      const { method, segments, rest } = operationOf(operation);
      let node = this.methods.get(method) ?? emptyNode();
      this.methods.set(method, node);
      for (const segment of segments) node = childOf(node, segment);
      for (const key of keys) {
        const place = rest ? node.below : node.here;
        const there = place.get(key);
        if (there) there.push(rule);
        else place.set(key, [rule]);
      }
    }
  }
}

function emptyNode(): Node {
  return { literals: new Map(), here: new Map(), below: new Map() };
}

function childOf(node: Node, segment: string | undefined): Node {
  if (segment === undefined) return (node.parameter ??= emptyNode());
  const child = node.literals.get(segment) ?? emptyNode();
  node.literals.set(segment, child);
  return child;
}

function collect(
  node: Node,
  wanted: ParsedOperation,
  at: number,
  keys: readonly string[],
  found: AccessRule[],
): void {
  take(node.below, keys, found);
  if (found.length >= MAX_CANDIDATES) return;
  if (at === wanted.segments.length) {
    if (!wanted.rest) take(node.here, keys, found);
    return;
  }
  const segment = wanted.segments[at];
  const literal = segment === undefined ? undefined : node.literals.get(segment);
  if (literal) collect(literal, wanted, at + 1, keys, found);
  if (node.parameter) collect(node.parameter, wanted, at + 1, keys, found);
}

function take(place: ReadonlyMap<string, AccessRule[]>, keys: readonly string[], found: AccessRule[]): void {
  for (const key of keys) {
    for (const rule of place.get(key) ?? []) {
      if (found.length >= MAX_CANDIDATES) return;
      found.push(rule);
    }
  }
}

/** One thing that a principal asks for; whoever it covers asks for it too, or for more. */
function givenKey(principal: PolicyPrincipal): string {
  if (principal.kind === 'anyone') return 'anyone';
  if (principal.kind === 'workload') return `workload ${principal.spiffeId}`;
  return tokenKey(principal.issuer, principal.claims[0]);
}

/** The keys of every principal that may cover this one. */
function wantedKeys(principal: PolicyPrincipal): string[] {
  if (principal.kind === 'anyone') return ['anyone'];
  const token = principal.kind === 'token' ? principal : principal.forUser;
  const keys = ['anyone'];
  if (principal.kind === 'workload') keys.push(`workload ${principal.spiffeId}`);
  if (token) keys.push(...[undefined, ...token.claims].map((test) => tokenKey(token.issuer, test)));
  return keys;
}

function tokenKey(issuer: string, test: ClaimTest | undefined): string {
  return `token ${issuer} ${test ? canonicalJson(test) : ''}`;
}
