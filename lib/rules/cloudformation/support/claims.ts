import { type PropertyPath, type TemplateFinding, undecided, violation } from './check.js';
import type { Test } from './policy.js';
import { at, openIn, shown, text } from './read.js';

export const SUBJECT_AND_AUDIENCE = 'StringEquals on `sub` and on `aud` of the provider';

/** Whether one test holds a claim to whole values. */
export function pinned(path: PropertyPath, claim: string, tests: readonly Test[]): TemplateFinding[] {
  const about = tests.filter(({ key }) => isOf(key, claim));
  const ways = about.map(exact);
  if (ways.includes(true)) return [];
  // Each claim has a place of its own, so that neither hides the other.
  const place = [...path, 'Condition', claim];
  const open = about.find((_, index) => ways[index] === undefined);
  if (open) return [undecided(place, open.values, SUBJECT_AND_AUDIENCE)];
  const found =
    about.length === 0
      ? `no \`${claim}\``
      : about.map((test) => `${test.operator} ${shown(test.values)}`).join(', ');
  return [
    violation(place, `\`${claim}\` is not held to whole values`, { found, expected: SUBJECT_AND_AUDIENCE }),
  ];
}

/** What others call `aud` is `oaud` of Google's tokens, in which IAM takes `azp` for `aud`. */
export function isOf(key: string, claim: string): boolean {
  const name = key.toLowerCase();
  return name.endsWith(`:${claim}`) || (claim === 'aud' && name === 'accounts.google.com:oaud');
}

/** `…IfExists` and `ForAllValues` admit a token without the claim; a wildcard admits more than one subject. */
function exact({ operator, values }: Test): boolean | undefined {
  const [, like] = /^(?:ForAnyValue:)?String(?:Equals|EqualsIgnoreCase|(Like))$/i.exec(operator) ?? [
    '',
    'no',
  ];
  if (like === 'no' || values.length === 0) return false;
  if (values.some((value) => openIn(at(value)))) return undefined;
  // A variable of the policy language is whatever the token says.
  if (values.some((value) => value === '' || (typeof value === 'string' && value.includes('${'))))
    return false;
  return !like || !values.some((value) => /[*?]/.test(String(text(value) ?? '*')));
}

/** Whether a test on one of some keys holds it to whole values; `undefined` where that is open. */
export function heldTo(keys: RegExp, tests: readonly Test[]): boolean | undefined {
  const ways = tests.filter(({ key }) => keys.test(key)).map(exact);
  return ways.includes(true) || (ways.includes(undefined) ? undefined : false);
}
