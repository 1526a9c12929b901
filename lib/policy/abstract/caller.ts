import { putClaim } from '../claim.js';
import { isWithin, networksOf } from '../condition.js';
import type { ClaimTest } from '../policy.js';
import type { Credential, Json } from '../request.js';
import { addressesOf } from './addresses.js';
import {
  type ClaimAtom,
  kindOf,
  otherText,
  outcomesOf,
  takesLists,
  textsIn,
  valuesOf,
} from './claim-values.js';
import type { Diagram, Node } from './diagram.js';

/** Something about a caller that rules or token profiles tell apart; a variable of the diagram. */
type Atom =
  | { readonly kind: 'claim'; readonly of: ClaimAtom }
  | { readonly kind: 'address'; readonly range: string }
  | { readonly kind: 'algorithm'; readonly name: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'longer'; readonly bytes: number }
  | { readonly kind: 'proof' };

interface ClaimVariables {
  readonly path: readonly string[];
  readonly numbers: number[];
}

/** A caller as the points see one. */
export interface Caller {
  readonly credential: Credential;
  readonly sourceAddress: string;
}

/** Seconds from now to the end of a token; no profile has a shorter life (`maxLifetimeSeconds`). */
export const LIFETIME = 300;
/** Bytes of a token that no profile refuses. */
const USUAL_BYTES = 1000;

/**
 * Everybody who may call with a token of one issuer, or without one: a variable for each thing that is asked
 * about them. `possible` leaves out the combinations that no caller can have, such as a claim that is two
 * numbers; of every other one `callerOf` makes a caller.
 */
export class AbstractCaller {
  readonly #atoms: Atom[] = [];
  readonly #numbers = new Map<string, number>();
  /** What is worked out from the variables there are, until there are more. */
  #claims: { readonly size: number; readonly paths: ReadonlyMap<string, ClaimVariables> } | undefined;
  #places: { readonly size: number; readonly byOutcomes: ReadonlyMap<string, string> } | undefined;
  readonly #found = new Map<readonly string[], ReadonlyMap<string, Json | undefined>>();

  constructor(
    readonly diagram: Diagram,
    /** `iss` of the token; undefined: there is none. */
    readonly issuer: string | undefined,
    readonly scopeClaim: string,
    readonly now: number,
    /** Whether tokens may come with a DPoP proof. */
    readonly hasProofs = false,
  ) {}

  /** How many things are asked so far. */
  get size(): number {
    return this.#atoms.length;
  }

  /** Of the claims as every test reads them. */
  claim(test: ClaimTest): Node {
    // That a claim is there and not something is two things.
    if (test.test === 'presentAndNot') {
      const { claim, value } = test;
      return this.diagram.all([
        this.ask({ claim, test: 'present' }),
        this.diagram.not(value === '' ? this.diagram.never : this.claim({ claim, test: 'contains', value })),
      ]);
    }
    return test.test === 'contains' && test.value === '' ? this.diagram.never : this.ask(test);
  }

  ask(of: ClaimAtom): Node {
    return this.issuer === undefined ? this.diagram.never : this.#variable({ kind: 'claim', of });
  }

  isWithin(range: string): Node {
    networksOf([range]);
    return this.#variable({ kind: 'address', range });
  }

  /** The ranges that are asked about so far. */
  get ranges(): readonly string[] {
    return this.#atoms.flatMap((atom) => (atom.kind === 'address' ? [atom.range] : []));
  }

  /** Whoever calls from that address, as far as the ranges asked about so far tell it from others. */
  comesFrom(address: string): Node {
    const outcomes = this.ranges.map((range) => (isWithin(address, [range]) ? '1' : '0')).join('');
    return this.#cube(this.#numbersOf('address'), outcomes);
  }

  algorithm(name: string): Node {
    return this.#variable({ kind: 'algorithm', name });
  }

  /** The `typ` header, in lower case. */
  type(name: string): Node {
    return this.#variable({ kind: 'type', name });
  }

  longerThan(bytes: number): Node {
    return this.#variable({ kind: 'longer', bytes });
  }

  /** The token comes with the scheme `DPoP`. */
  proof(): Node {
    return this.#variable({ kind: 'proof' });
  }

  /** The combinations that some caller has. */
  possible(): Node {
    const { diagram } = this;
    const parts = [
      this.#oneOf('address', [...this.#addresses().keys()]),
      this.#atMostOne('algorithm'),
      this.#atMostOne('type'),
      this.#ascending(),
      ...[...this.#paths().values()].map(({ path, numbers }) => this.#claimIsPossible(path, numbers)),
      ...this.#apartPaths(),
    ];
    return diagram.all(parts);
  }

  /** A caller with that combination, which is possible. */
  callerOf(holding: ReadonlySet<number>): Caller {
    const sourceAddress = this.#addresses().get(this.#outcomes('address', holding))!;
    if (this.issuer === undefined) return { credential: { kind: 'none' }, sourceAddress };
    const claims: Record<string, Json> = { iss: this.issuer, exp: this.now + LIFETIME };
    for (const { path, numbers } of this.#paths().values()) {
      const value = this.#valueOf(path, numbers, holding);
      if (value !== undefined) putClaim(claims, path, value);
    }
    const named = (kind: 'algorithm' | 'type') =>
      this.#numbersOf(kind).flatMap((number) => {
        const atom = this.#atoms[number] as { readonly name: string };
        return holding.has(number) ? [atom.name] : [];
      })[0];
    const [alg = 'none', typ] = [named('algorithm'), named('type')];
    const sizes = this.#numbersOf('longer').filter((number) => holding.has(number));
    const over = sizes.map((number) => (this.#atoms[number] as { readonly bytes: number }).bytes + 1);
    return {
      credential: {
        kind: 'jwt',
        ...(this.#numbersOf('proof').some((number) => holding.has(number)) && { scheme: 'DPoP' }),
        header: { alg, ...(typ !== undefined && { typ }) },
        claims,
        bytes: Math.max(USUAL_BYTES, ...over),
        signature: 'valid',
      },
      sourceAddress,
    };
  }

  #variable(atom: Atom): Node {
    const key = JSON.stringify(atom);
    const number = this.#numbers.get(key) ?? this.#atoms.push(atom) - 1;
    this.#numbers.set(key, number);
    return this.diagram.variable(number);
  }

  #numbersOf(kind: Atom['kind']): number[] {
    return [...this.#atoms.keys()].filter((number) => this.#atoms[number]!.kind === kind);
  }

  #outcomes(kind: Atom['kind'], holding: ReadonlySet<number>): string {
    return this.#numbersOf(kind)
      .map((number) => (holding.has(number) ? '1' : '0'))
      .join('');
  }

  /** The variables of each claim, by its path. */
  #paths(): ReadonlyMap<string, ClaimVariables> {
    if (this.#claims?.size === this.size) return this.#claims.paths;
    const paths = new Map<string, { path: readonly string[]; numbers: number[] }>();
    for (const number of this.#numbersOf('claim')) {
      const path = this.#claimAtom(number).claim;
      const key = JSON.stringify(path);
      const known = paths.get(key) ?? { path, numbers: [] };
      known.numbers.push(number);
      paths.set(key, known);
    }
    this.#claims = { size: this.size, paths };
    this.#found.clear();
    return paths;
  }

  #claimAtom(number: number): ClaimAtom {
    return (this.#atoms[number] as Extract<Atom, { kind: 'claim' }>).of;
  }

  #values(path: readonly string[], atoms: readonly ClaimAtom[]): ReadonlyMap<string, Json | undefined> {
    const known = this.#found.get(path);
    if (known) return known;
    const usual = path.length === 1 && path[0] === 'exp' ? [this.now + LIFETIME] : [];
    const { scopeClaim } = this;
    const found = valuesOf(path, atoms, kindOf(path, this.issuer!), { scopeClaim, usual });
    this.#found.set(path, found);
    return found;
  }

  #claimIsPossible(path: readonly string[], numbers: readonly number[]): Node {
    const atoms = numbers.map((number) => this.#claimAtom(number));
    const single = [...this.#values(path, atoms).keys()].map((outcomes) => this.#cube(numbers, outcomes));
    if (!takesLists(kindOf(path, this.issuer!))) return this.diagram.any(single);
    return this.diagram.any([...single, this.#isList(numbers)]);
  }

  /** A list with any of the strings: it is present if one is in it, and may be by another. */
  #isList(numbers: readonly number[]): Node {
    const { diagram } = this;
    const of = (...tests: ClaimAtom['test'][]) =>
      numbers
        .filter((number) => tests.includes(this.#claimAtom(number).test))
        .map((one) => diagram.variable(one));
    const contained = diagram.any(of('contains'));
    return diagram.all([
      ...of('is', 'single', 'equals', 'atLeast', 'above').map((node) => diagram.not(node)),
      ...of('present').map((present) => diagram.choose(contained, present, diagram.always)),
    ]);
  }

  #valueOf(
    path: readonly string[],
    numbers: readonly number[],
    holding: ReadonlySet<number>,
  ): Json | undefined {
    const atoms = numbers.map((number) => this.#claimAtom(number));
    const wanted = numbers.map((number) => (holding.has(number) ? '1' : '0')).join('');
    const values = this.#values(path, atoms);
    if (values.has(wanted)) return values.get(wanted);
    const inside = atoms.flatMap((atom, at) =>
      wanted[at] === '1' && atom.test === 'contains' ? [atom.value] : [],
    );
    const list = inside.length > 0 ? inside : [otherText(textsIn(atoms))];
    if (outcomesOf(path, atoms, list, this.scopeClaim) !== wanted) throw new Error('no claim is like that');
    return list;
  }

  /** No claim has something at a path and beneath it. */
  #apartPaths(): Node[] {
    const { diagram } = this;
    const all = [...this.#paths().values()];
    const some = (numbers: readonly number[]) =>
      diagram.any(numbers.map((number) => diagram.variable(number)));
    return all.flatMap((outer) =>
      all
        .filter(
          ({ path }) => path.length > outer.path.length && outer.path.every((name, at) => path[at] === name),
        )
        .map((inner) => diagram.not(diagram.all([some(outer.numbers), some(inner.numbers)]))),
    );
  }

  /** An address for each way in which the ranges can hold one. */
  #addresses(): ReadonlyMap<string, string> {
    if (this.#places?.size === this.size) return this.#places.byOutcomes;
    const { ranges } = this;
    const outcomes = (address: string) =>
      ranges.map((range) => (isWithin(address, [range]) ? '1' : '0')).join('');
    const byOutcomes = new Map(addressesOf(ranges).map((address) => [outcomes(address), address]));
    this.#places = { size: this.size, byOutcomes };
    return byOutcomes;
  }

  #oneOf(kind: Atom['kind'], outcomes: readonly string[]): Node {
    const numbers = this.#numbersOf(kind);
    return this.diagram.any(outcomes.map((one) => this.#cube(numbers, one)));
  }

  #atMostOne(kind: Atom['kind']): Node {
    const numbers = this.#numbersOf(kind);
    const none = '0'.repeat(numbers.length);
    return this.#oneOf(kind, [none, ...numbers.map((_, at) => `${none.slice(0, at)}1${none.slice(at + 1)}`)]);
  }

  /** Whatever is longer than many bytes is longer than fewer. */
  #ascending(): Node {
    const bytes = this.#numbersOf('longer').map((number) => (this.#atoms[number] as { bytes: number }).bytes);
    const lengths = [0, ...bytes.map((most) => most + 1)];
    const outcomes = lengths.map((length) => bytes.map((most) => (length > most ? '1' : '0')).join(''));
    return this.#oneOf('longer', [...new Set(outcomes)]);
  }

  #cube(numbers: readonly number[], outcomes: string): Node {
    const { diagram } = this;
    return diagram.all(
      numbers.map((number, at) => {
        const variable = diagram.variable(number);
        return outcomes[at] === '1' ? variable : diagram.not(variable);
      }),
    );
  }
}
