import { ZeroTrustError } from '../diagnostic.js';
import { networksOf } from './condition.js';
import { operationOf } from './operation.js';
import { collect, type IndexedRule, indexedRule, type PathTree, pathTree } from './path-tree.js';
import type { AccessRule, Policy, ServicePolicy } from './policy.js';
import { NO_REVOCATIONS, type RevocationDocument, RevocationIndex } from './revocation.js';

export type { IndexedRule };

export interface ServiceIndex {
  readonly policy: ServicePolicy;
  /** By issuer. */
  readonly audiences: ReadonlyMap<string, readonly string[]>;
  readonly tree: PathTree;
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
 * or two rules of a service an id; `proofs-not-taken` for a `dpop` condition in a policy without `dpop`;
 * `invalid-operation` and `invalid-range` for what cannot be read.
 */
export function indexPolicy(policy: Policy, revocations: RevocationDocument = NO_REVOCATIONS): PolicyIndex {
  const services = Object.entries(policy.services);
  const issuers = Object.entries(policy.issuers);
  if (policy.dpop !== true && asksForProofs(policy)) {
    throw new ZeroTrustError('proofs-not-taken', 'a rule asks for a DPoP proof, and the policy takes none');
  }
  const share = sharer();
  return {
    policy,
    revocations: new RevocationIndex(revocations),
    byAuthority: uniquely(
      'authority',
      services.flatMap(([name, { authority, aliases = [] }]) =>
        [authority, ...aliases].map((host) => [host, name] as const),
      ),
    ),
    byIssuer: uniquely(
      'issuer',
      issuers.map(([name, { issuer }]) => [issuer, name]),
    ),
    services: new Map(services.map(([name, service]) => [name, indexService(service, share)])),
  };
}

/** Whether a rule has a condition that only a DPoP proof meets. */
export function asksForProofs({ services }: Pick<Policy, 'services'>): boolean {
  return Object.values(services).some(({ rules }) =>
    rules.some(({ conditions }) => conditions.some(({ kind }) => kind === 'dpop')),
  );
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

/** One object for all equal values: what many rules say is then read from the processor's cache. */
function sharer(): <Value>(value: Value) => Value {
  const known = new Map<string, unknown>();
  return <Value>(value: Value): Value => {
    const text = JSON.stringify(value);
    if (!known.has(text)) known.set(text, value);
    return known.get(text) as Value;
  };
}

function indexService(policy: ServicePolicy, share: ReturnType<typeof sharer>): ServiceIndex {
  const rules = uniquely(
    'rule',
    policy.rules.map((rule) => [rule.id, rule]),
  );
  const indexed: IndexedRule[] = [];
  for (const id of [...rules.keys()].sort()) {
    const written = rules.get(id)!;
    const principals = share(written.principals.map(share));
    const conditions = share(written.conditions.map(share));
    const rule: AccessRule = { ...written, principals, conditions };
    for (const condition of conditions) if (condition.kind === 'sourceNetwork') networksOf(condition.ranges);
    for (const operation of rule.operations) {
      indexed.push(indexedRule(rule, operation, operationOf(operation), indexed.length));
    }
  }
  return { policy, audiences: new Map(Object.entries(policy.audiences)), tree: pathTree(indexed) };
}

/** Every rule of the service with an operation that covers a canonical path, by rule id, each rule once. */
export function rulesFor(index: PolicyIndex, service: string, method: string, path: string): IndexedRule[] {
  const found: IndexedRule[] = [];
  const tree = index.services.get(service)?.tree;
  if (tree) collect(tree, method, path === '/' ? '' : path, 0, found);
  if (found.length < 2) return found;
  found.sort((a, b) => a.order - b.order);
  return found.filter(({ id }, at) => id !== found[at - 1]?.id);
}
