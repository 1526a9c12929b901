import { type Diagnostic, excerpt } from '../../diagnostic.js';
import { elementPath } from '../../model/element-path.js';
import type { OptOut } from '../../model/platform.js';
import { suggestion } from '../../model/suggest.js';
import type { Check } from './check.js';

/**
 * Leave out what a valid opt-out silences, and report every opt-out that is none: unknown, not
 * allowed, expired (its finding speaks again), or needless. `isMeant` leaves out those for other checks.
 */
export function applyOptOuts(
  diagnostics: readonly Diagnostic[],
  optOuts: readonly OptOut[],
  checks: readonly Check[],
  now: Date,
  isMeant: (optOut: OptOut) => boolean,
): Diagnostic[] {
  const byId = new Map(checks.map((check) => [check.id, check]));
  const valid: [OptOut, number][] = [];
  const about: Diagnostic[] = [];
  optOuts.forEach((optOut, index) => {
    if (!isMeant(optOut)) return;
    const fault = faultOf(optOut, index, byId, now);
    if (fault) about.push(fault);
    else valid.push([optOut, index]);
  });
  const used = new Set<OptOut>();
  const left = diagnostics.filter((diagnostic) => {
    const silencing = valid.filter(([optOut]) => silences(optOut, diagnostic));
    for (const [optOut] of silencing) used.add(optOut);
    return silencing.length === 0;
  });
  for (const [optOut, index] of valid) {
    if (used.has(optOut)) continue;
    about.push({
      code: 'opt-out-unused',
      severity: 'warning',
      path: elementPath(['optOuts', index]),
      message: `there is nothing that "${optOut.rule}" says${optOut.path === undefined ? '' : ' there'}`,
      remedy: 'remove it',
    });
  }
  return [...left, ...about];
}

function faultOf(
  optOut: OptOut,
  index: number,
  byId: ReadonlyMap<string, Check>,
  now: Date,
): Diagnostic | undefined {
  const error = (code: string, key: 'rule' | 'expires', message: string, remedy: string): Diagnostic => ({
    code,
    severity: 'error',
    path: elementPath(['optOuts', index, key]),
    message,
    found: excerpt(optOut[key]),
    remedy,
  });
  const check = byId.get(optOut.rule);
  if (!check) {
    const meant = suggestion(optOut.rule, byId.keys());
    const remedy = meant ? `did you mean "${meant}"?` : 'name the code of a warning';
    return error('opt-out-unknown', 'rule', 'there is no such check', remedy);
  }
  if (!check.optOut) {
    return error(
      'opt-out-not-allowed',
      'rule',
      'this check cannot be silenced',
      'change what it speaks about',
    );
  }
  if (hasExpired(optOut.expires, now)) {
    return error(
      'opt-out-expired',
      'expires',
      'the opt-out has expired',
      'end the weakening, or decide on it anew',
    );
  }
  return undefined;
}

/** A date counts to its end (UTC), an instant to itself. */
function hasExpired(expires: string, now: Date): boolean {
  const end = expires.includes('T') ? Date.parse(expires) : Date.parse(`${expires}T23:59:59.999Z`);
  return now.getTime() > end;
}

/** Without a path everywhere; else at the element and inside it. */
function silences({ rule, path }: OptOut, diagnostic: Diagnostic): boolean {
  if (rule !== diagnostic.code) return false;
  if (path === undefined || path === diagnostic.path) return true;
  return diagnostic.path.startsWith(path) && /^[.[]/.test(diagnostic.path.slice(path.length));
}
