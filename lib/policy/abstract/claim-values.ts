import { claimAt, passes, withScopeList } from '../claim.js';
import type { ClaimTest } from '../policy.js';
import type { Json, JsonObject } from '../request.js';

/** Something that rules and token profiles ask of one claim. */
export type ClaimAtom =
  | ClaimTest
  /** A string or a list with one, none of them empty. */
  | { readonly claim: readonly string[]; readonly test: 'present' }
  /** Exactly this string, and no list with it. */
  | { readonly claim: readonly string[]; readonly test: 'is'; readonly value: string }
  /** A string that is not empty, and no list. */
  | { readonly claim: readonly string[]; readonly test: 'single' }
  /** A number, and at least this; or above it. */
  | { readonly claim: readonly string[]; readonly test: 'atLeast' | 'above'; readonly value: number };

/** Whether a claim's value passes; the claims' scopes are a list already. */
export function holdsOf(atom: ClaimAtom, claims: JsonObject): boolean {
  const value = claimAt(claims, atom.claim);
  switch (atom.test) {
    case 'present':
      return passes(claims, { ...atom, test: 'presentAndNot', value: '' });
    case 'is':
      return value === atom.value;
    case 'single':
      return typeof value === 'string' && value !== '';
    case 'atLeast':
      return typeof value === 'number' && value >= atom.value;
    case 'above':
      return typeof value === 'number' && value > atom.value;
    case 'contains':
    case 'equals':
    case 'presentAndNot':
      return passes(claims, atom);
  }
}

/** What a claim can be at all in a token that some profile accepts. */
export type ClaimKind =
  | 'any'
  | 'text'
  | 'texts'
  | 'number'
  | 'numberOrNone'
  | 'none'
  | { readonly fixed: Json };

const KINDS: Readonly<Record<string, ClaimKind>> = {
  sub: 'text',
  jti: 'text',
  aud: 'texts',
  exp: 'number',
  nbf: 'numberOrNone',
  iat: 'numberOrNone',
};

/** A claim that every token library reads by itself has one type, or the token is bad (`faultOf`). */
export function kindOf(path: readonly string[], issuer: string): ClaimKind {
  const [name = '', ...below] = path;
  const kind = name === 'iss' ? { fixed: issuer } : Object.hasOwn(KINDS, name) ? KINDS[name]! : 'any';
  return kind !== 'any' && below.length > 0 ? 'none' : kind;
}

/**
 * Values of a claim, one for each way in which its atoms can come out, the plainest first; but for lists of
 * several strings, which are `lists`.
 */
export function valuesOf(
  path: readonly string[],
  atoms: readonly ClaimAtom[],
  kind: ClaimKind,
  { scopeClaim, usual }: { readonly scopeClaim: string; readonly usual: readonly Json[] },
): ReadonlyMap<string, Json | undefined> {
  const apart = new Map<string, Json | undefined>();
  for (const value of candidates(atoms, kind, usual)) {
    const key = outcomesOf(path, atoms, value, scopeClaim);
    if (!apart.has(key)) apart.set(key, value);
  }
  return apart;
}

/** How each atom comes out for a value: a `1` or a `0` for each. */
export function outcomesOf(
  path: readonly string[],
  atoms: readonly ClaimAtom[],
  value: Json | undefined,
  scopeClaim: string,
): string {
  const claims = withScopeList(value === undefined ? {} : inObject(path, value), scopeClaim);
  return atoms.map((atom) => (holdsOf(atom, claims) ? '1' : '0')).join('');
}

/** Whether a list of strings is among what the claim can be. */
export function takesLists(kind: ClaimKind): boolean {
  return kind === 'any' || kind === 'texts';
}

/** The strings that atoms look for in a claim. */
export function textsIn(atoms: readonly ClaimAtom[]): string[] {
  const all = atoms.flatMap((atom) =>
    'value' in atom && typeof atom.value === 'string' && atom.value !== '' ? [atom.value] : [],
  );
  return [...new Set(all)];
}

/** A string that no atom looks for. */
export function otherText(texts: readonly string[]): string {
  let other = 'other';
  while (texts.includes(other)) other += '-other';
  return other;
}

function candidates(
  atoms: readonly ClaimAtom[],
  kind: ClaimKind,
  usual: readonly Json[],
): (Json | undefined)[] {
  if (typeof kind === 'object') return [kind.fixed];
  const texts = textsIn(atoms);
  const asText = [...texts, otherText(texts), ''];
  switch (kind) {
    case 'none':
      return [undefined];
    case 'text':
    case 'texts':
      return [undefined, ...asText];
    case 'number':
      return [...usual, ...numbers(atoms).filter(isDate)];
    case 'numberOrNone':
      return [undefined, ...numbers(atoms).filter(isDate)];
    case 'any':
      return [undefined, ...usual, ...asText, true, false, ...numbers(atoms)];
  }
}

/** Every number that an atom speaks of, and one in each gap between two. */
function numbers(atoms: readonly ClaimAtom[]): number[] {
  const told = atoms.flatMap((atom) =>
    'value' in atom && typeof atom.value === 'number' ? [atom.value] : [],
  );
  const sorted = [...new Set(told)].sort((a, b) => a - b);
  if (sorted.length === 0) return [];
  const gaps = sorted.slice(1).map((value, at) => (value + sorted[at]!) / 2);
  return [...sorted, ...gaps, sorted.at(-1)! + 1, sorted[0]! - 1];
}

/** What a NumericDate can be (`seconds` of a token). */
function isDate(value: number): boolean {
  return value >= 0 && value < 2 ** 64;
}

function inObject(path: readonly string[], value: Json): JsonObject {
  const [name = '', ...rest] = path;
  return { [name]: rest.length === 0 ? value : inObject(rest, value) };
}
