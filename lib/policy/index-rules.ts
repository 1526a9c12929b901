import { ZeroTrustError } from '../diagnostic.js';
import { networksOf } from './condition.js';
import { operationOf, type ParsedOperation, type TemplateSegment } from './operation.js';
import type { AccessRule, Policy, ServicePolicy } from './policy.js';
import { NO_REVOCATIONS, type RevocationDocument, RevocationIndex } from './revocation.js';

/** A rule at the place in the index that one of its operations leads to. */
export interface IndexedRule {
  readonly rule: AccessRule;
  /** The operation as written. */
  readonly operation: string;
  /** The place among the service's rules, by rule id, then among the rule's operations. */
  readonly order: number;
}

/** What follows one segment in the templates of a service. What most nodes lack is undefined: memory is time. */
interface Node {
  literals: Map<string, Node> | undefined;
  parameter: Node | undefined;
  /** Rules whose template ends here. */
  here: IndexedRule[] | undefined;
  /** Rules whose template ends with `/**` here. */
  below: IndexedRule[] | undefined;
}

export interface ServiceIndex {
  readonly policy: ServicePolicy;
  /** By issuer. */
  readonly audiences: ReadonlyMap<string, readonly string[]>;
  readonly methods: ReadonlyMap<string, Node>;
}

/** A policy laid out so that a decision costs what its own path matches, not what the platform holds. */
export interface PolicyIndex {
  readonly policy: Policy;
  readonly revocations: RevocationIndex;
  /** Names of services by host name. */
  readonly byAuthority: ReadonlyMap<string, string>;
  /** Names of issuers by `iss`. */
  readonly byIssuer: ReadonlyMap<string, string>;
  readonly services: ReadonlyMap<string, ServiceIndex>;
}

/**
 * Lay out a policy, and what has been withdrawn from it, for `decide`.
 *
 * Throws `ZeroTrustError`: `ambiguous-policy` if two services share an authority, two issuers an `iss`
 * or two rules of a service an id; `invalid-operation` and `invalid-range` for what cannot be read.
 */
export function indexPolicy(policy: Policy, revocations: RevocationDocument = NO_REVOCATIONS): PolicyIndex {
  const services = Object.entries(policy.services);
  const issuers = Object.entries(policy.issuers);
  return {
    policy,
    revocations: new RevocationIndex(revocations),
    byAuthority: uniquely(
      'authority',
      services.map(([name, { authority }]) => [authority, name]),
    ),
    byIssuer: uniquely(
      'issuer',
      issuers.map(([name, { issuer }]) => [issuer, name]),
    ),
    services: new Map(services.map(([name, service]) => [name, indexService(service)])),
  };
}

/** The same policy under a newer revocation document, without laying it out again. */
export function withRevocations(index: PolicyIndex, revocations: RevocationDocument): PolicyIndex {
  return { ...index, revocations: new RevocationIndex(revocations) };
}

function uniquely<Value>(what: string, entries: readonly (readonly [string, Value])[]): Map<string, Value> {
  const found = new Map<string, Value>();
  for (const [key, value] of entries) {
    if (found.has(key))
      throw new ZeroTrustError('ambiguous-policy', `the policy has the ${what} ${key} twice`);
    found.set(key, value);
  }
  return found;
}

function indexService(policy: ServicePolicy): ServiceIndex {
  const methods = new Map<string, Node>();
  const rules = uniquely(
    'rule',
    policy.rules.map((rule) => [rule.id, rule]),
  );
  let order = 0;
  for (const id of [...rules.keys()].sort()) {
    const rule = rules.get(id)!;
    for (const condition of rule.conditions)
      if (condition.kind === 'sourceNetwork') networksOf(condition.ranges);
    for (const operation of rule.operations) {
      insert(methods, operationOf(operation), { rule, operation, order: order++ });
    }
  }
  return { policy, audiences: new Map(Object.entries(policy.audiences)), methods };
}

function insert(methods: Map<string, Node>, operation: ParsedOperation, entry: IndexedRule): void {
  let node = methods.get(operation.method) ?? emptyNode();
  methods.set(operation.method, node);
  for (const segment of operation.segments) node = childOf(node, segment);
  if (operation.rest) (node.below ??= []).push(entry);
  else (node.here ??= []).push(entry);
}

function childOf(node: Node, segment: TemplateSegment): Node {
  if (segment === undefined) return (node.parameter ??= emptyNode());
  node.literals ??= new Map();
  const child = node.literals.get(segment) ?? emptyNode();
  node.literals.set(segment, child);
  return child;
}

function emptyNode(): Node {
  return { literals: undefined, parameter: undefined, here: undefined, below: undefined };
}

/** Every rule of the service with an operation that covers the request, by rule id, each rule once. */
export function rulesFor(
  index: PolicyIndex,
  service: string,
  method: string,
  segments: readonly string[],
): IndexedRule[] {
  const found: IndexedRule[] = [];
  const root = index.services.get(service)?.methods.get(method);
  if (root) collect(root, segments, 0, found);
  if (found.length < 2) return found;
  found.sort((a, b) => a.order - b.order);
  return found.filter((entry, at) => entry.rule !== found[at - 1]?.rule);
}

function collect(node: Node, segments: readonly string[], at: number, found: IndexedRule[]): void {
  if (node.below) found.push(...node.below);
  const segment = segments[at];
  if (segment === undefined) {
    if (node.here) found.push(...node.here);
    return;
  }
  const literal = node.literals?.get(segment);
  if (literal) collect(literal, segments, at + 1, found);
  if (node.parameter) collect(node.parameter, segments, at + 1, found);
}
