import { type Diagnostic, excerpt, InvalidModelError } from '../diagnostic.js';
import type { Rule, RuleLike } from './access.js';
import type { DataDomain } from './data.js';
import type { EgressRule, EgressRuleLike } from './egress.js';
import { type ElementPath, elementPath } from './element-path.js';
import type { Pipeline, Provider } from './identity.js';
import { plainCopy } from './plain.js';
import type { ZeroTrustModel } from './platform.js';
import type { Service } from './service.js';
import { suggestion } from './suggest.js';

/** What becomes of a value: its members one by one, null for one that is taken away; anything else as a whole. */
type Changed<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Member in keyof Value]?: Changed<Value[Member]> | null }
    : Value;

type Named<Element, Whole = Element> = Readonly<Record<string, Changed<Element> | Whole | null>>;

/** What one environment has otherwise than the model that it extends: a JSON Merge Patch (RFC 7396) with rules by name. */
export interface ModelChanges
  extends Changed<Pick<ZeroTrustModel, 'firewall' | 'authority' | 'observe' | 'optOuts'>> {
  /** What a file extends, as `ztp` reads it; whoever calls `extendZeroTrust` has that already. */
  readonly extends?: string;
  readonly trustDomain?: string;
  readonly environment?: string;
  readonly identity?: {
    readonly providers?: Named<Provider>;
    readonly pipelines?: Named<Pipeline>;
  };
  readonly services?: Named<Service>;
  /** Rules by their names. */
  readonly access?: Named<Rule, RuleLike>;
  /** Rules by their names. */
  readonly egress?: Named<EgressRule, EgressRuleLike>;
  readonly data?: Named<DataDomain>;
}

/** Where a rule of an extended model comes from: its place in the base, its name in the changes, or both. */
export interface RuleOrigin {
  readonly base?: number;
  readonly changes?: string;
}

export interface ExtendedModel {
  readonly model: ZeroTrustModel;
  readonly origins: Readonly<Record<'access' | 'egress', readonly RuleOrigin[]>>;
}

type Members = Readonly<Record<string, unknown>>;

/** Elements that have names: what one is called, and the member without which it is no whole one. */
const NAMED: Readonly<Record<string, { readonly kind: string; readonly mark: string }>> = {
  services: { kind: 'service', mark: 'protocol' },
  'identity.providers': { kind: 'provider', mark: 'kind' },
  'identity.pipelines': { kind: 'pipeline', mark: 'kind' },
  access: { kind: 'rule', mark: 'effect' },
  egress: { kind: 'rule', mark: 'effect' },
  data: { kind: 'domain', mark: 'label' },
};

const RULES = ['access', 'egress'] as const;

/**
 * The same model for another environment: hosts, issuers, limits and rules that are not the same there.
 * Members are merged, null takes one away, a list is replaced as a whole, and rules go by their names; a whole
 * service, provider or rule of a new name is added. The result is a model like any other, checked by whoever takes it.
 *
 * Throws `InvalidModelError` for changes of what the base does not have: nobody would see that they change nothing.
 */
export function extendZeroTrust(base: ZeroTrustModel, changes: ModelChanges): ZeroTrustModel {
  return extendModel(base, changes).model;
}

/** The same from outside, with where each rule is from. */
export function extendModel(base: unknown, changes: unknown): ExtendedModel {
  const [old, next] = [plainCopy(base), plainCopy(changes)];
  if (old.diagnostics.length > 0) throw new InvalidModelError(old.diagnostics);
  if (next.diagnostics.length > 0) throw new InvalidModelError(next.diagnostics);
  if (!isMembers(old.value) || !isMembers(next.value)) {
    throw new InvalidModelError([
      finding('wrong-type', [], 'a model, and what changes of it, are objects', {
        found: excerpt(isMembers(old.value) ? next.value : old.value),
        expected: 'an object with `environment`, `services`, `access` …',
      }),
    ]);
  }
  return new Extension().extend(old.value, next.value);
}

class Extension {
  private readonly found: Diagnostic[] = [];

  extend(base: Members, all: Members): ExtendedModel {
    const { extends: _, access, egress, ...changes } = all;
    const model: Record<string, unknown> = this.merged(base, changes, []);
    const origins = { access: [] as RuleOrigin[], egress: [] as RuleOrigin[] };
    for (const list of RULES) {
      const { rules, from } = this.rules(list, base[list], list === 'access' ? access : egress);
      origins[list] = from;
      if (rules !== undefined) model[list] = rules;
    }
    if (this.found.length > 0) throw new InvalidModelError(this.found);
    return { model: model as unknown as ZeroTrustModel, origins };
  }

  private merged(base: Members, changes: Members, path: ElementPath): Record<string, unknown> {
    const result: Record<string, unknown> = { ...base };
    for (const [name, change] of Object.entries(changes)) {
      const at = [...path, name];
      const old = Object.hasOwn(base, name) ? base[name] : undefined;
      if (old === undefined && !this.mayAdd(at, change, Object.keys(base))) continue;
      if (change === null) delete result[name];
      else if (!isMembers(change)) result[name] = change;
      else result[name] = this.merged(isMembers(old) ? old : {}, change, at);
    }
    return result;
  }

  /** Rules of one list: the base's in their order, then those that are added. */
  private rules(list: 'access' | 'egress', base: unknown, changes: unknown) {
    const old = Array.isArray(base) ? (base as readonly Members[]) : [];
    const all = old.map((_, at): RuleOrigin => ({ base: at }));
    if (changes === undefined) return { rules: base, from: all };
    if (!isMembers(changes)) {
      const message = 'rules are changed by their names, not as a list';
      this.report('rules-by-name', [list], message, {
        found: excerpt(changes),
        expected: 'an object: `{ "see-order": { … }, "old-rule": null }`',
      });
      return { rules: base, from: all };
    }
    const names = old.flatMap(({ name }) => (typeof name === 'string' ? [name] : []));
    for (const [name, change] of Object.entries(changes)) this.checkRule([list, name], change, names);
    const kept = old.flatMap((rule, at) => {
      const { name } = rule;
      if (typeof name !== 'string' || !Object.hasOwn(changes, name)) return [{ rule, from: { base: at } }];
      const change = changes[name];
      if (!isMembers(change)) return [];
      return [{ rule: this.merged(rule, change, [list, name]), from: { base: at, changes: name } }];
    });
    const added = Object.entries(changes).flatMap(([name, change]) =>
      names.includes(name) || !isMembers(change)
        ? []
        : [{ rule: { ...change, name }, from: { changes: name } }],
    );
    const whole = [...kept, ...added];
    return { rules: whole.map(({ rule }) => rule), from: whole.map(({ from }) => from) };
  }

  private checkRule(path: ElementPath, change: unknown, names: readonly string[]): void {
    const name = String(path.at(-1));
    if (!names.includes(name)) this.mayAdd(path, change, names);
    if (change !== null && !isMembers(change)) {
      this.report('wrong-type', path, 'this is no rule', {
        found: excerpt(change),
        expected: 'object, null',
      });
    } else if (change && change['name'] !== undefined && change['name'] !== name) {
      this.report('rule-name', [...path, 'name'], 'the rule has another name here', {
        found: excerpt(change['name']),
        expected: excerpt(name),
        remedy: 'leave it out; to rename a rule, take it away and add one',
      });
    }
  }

  /** Whether something may be there that the base does not have; reports it if not. */
  private mayAdd(path: ElementPath, change: unknown, known: readonly string[]): boolean {
    const named = NAMED[path.slice(0, -1).join('.')];
    const isWhole = named ? isMembers(change) && Object.hasOwn(change, named.mark) : change !== null;
    if (isWhole) return true;
    const name = String(path.at(-1));
    const meant = suggestion(name, known);
    const others =
      change === null
        ? 'leave it out'
        : `change one that is there, or say the whole of it, with \`${named?.mark}\`, to add one`;
    const remedy = meant === undefined ? others : `did you mean "${meant}"?`;
    this.report(
      `unknown-${named?.kind ?? 'member'}`,
      path,
      `the model that is extended has no such ${named?.kind ?? 'member'} to ${change === null ? 'take away' : 'change'}`,
      { found: excerpt(name), expected: known.join(', ') || 'none at all', remedy },
    );
    return false;
  }

  private report(code: string, path: ElementPath, message: string, words: Words): void {
    this.found.push(finding(code, path, message, words));
  }
}

type Words = Pick<Diagnostic, 'found' | 'expected' | 'remedy'>;

function finding(code: string, path: ElementPath, message: string, words: Words): Diagnostic {
  return { code, severity: 'error', path: elementPath(path), message, ...words };
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
