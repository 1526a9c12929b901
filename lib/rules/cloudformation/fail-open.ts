import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { everyValue } from './support/every-value.js';
import { isMap, openIn, shown, text, words } from './support/read.js';
import { Text, type Value } from './support/value.js';

/** `failOpen`, `FirewallFailOpen`, `waf.fail_open.enabled`, `FAIL_OPEN`, `failure_mode_allow`. */
const OPEN = /fail[_-]?open(?:[._-]?enabled)?$|^failure[_-]?mode[_-]?allow$/i;
/** `failClosed`, `FAIL_CLOSED`: what is wrong is the opposite. */
const CLOSED = /fail[_-]?closed?(?:[._-]?enabled)?$/i;
const YES = /^(?:true|enabled|enable|yes|on|1)$/i;
const NO = /^(?:false|disabled|disable|no|off|0)$/i;
/** Names of which one value opens. */
const OPENING: readonly (readonly [RegExp, RegExp])[] = [
  [/^StreamExceptionPolicy$/, /^CONTINUE$/],
  [/^failurePolicy$/, /^Ignore$/],
  [/^failure[_-]?mode$/i, /^(?:open|allow)$/i],
];
/** The same in code, configuration, manifests and commands that stand in a text. */
const IN_TEXT = [
  /(?:fail[_-]?open|failure_?mode_?allow)["']*\s*[:=]\s*["']*(?:true|yes|on|1|enabled)\b/i,
  /fail[_-]?closed?["']*\s*[:=]\s*["']*(?:false|no|off|0|disabled)\b/i,
  /(?:^|\s)--?fail-open(?=\s|$)/i,
  /\bfailurePolicy["']*\s*:\s*["']*Ignore\b/,
];
/** What people write, or ask of a log. */
const PROSE =
  /description$|^(?:comments?|documentation|reason|title|querystring|filterpattern|dashboardbody|eventpattern|message)$/i;

export const failOpen: TemplateCheck = {
  id: 'fail-open',
  severity: 'error',
  reason: 'A control that opens when it fails is off whenever an attacker can make it fail.',
  fix: 'Let it fail closed: set the value to false (DISABLED; for a stream exception policy DROP or REJECT), and watch it by an alarm.',
  types: [],
  run: (resource, reading) => everyValue(resource, reading, look),
};

function look(path: PropertyPath, value: Value): TemplateFinding[] {
  const key = String(path.findLast((part) => typeof part === 'string') ?? '');
  if (PROSE.test(key)) return [];
  const own = judged(path, String(path.at(-1) ?? ''), value);
  if (own) return own;
  if (typeof value === 'string' || value instanceof Text) return inText(path, value);
  if (Array.isArray(value))
    return (value as readonly Value[]).flatMap((item, index) => look([...path, index], item));
  if (!isMap(value)) return [];
  // Attributes of a load balancer, variables of a container: a name beside its value.
  const name = text(value['Key'] ?? value['Name']);
  const named = typeof name === 'string' && judged([...path, 'Value'], name, value['Value']);
  if (named) return named;
  return Object.entries(value).flatMap(([inner, item]) => look([...path, inner], item));
}

/** What a name makes of its value; `undefined` for a name that says nothing. */
function judged(path: PropertyPath, name: string, value: Value): TemplateFinding[] | undefined {
  const opening = OPENING.find(([pattern]) => pattern.test(name));
  const [wrong, expected] = OPEN.test(name)
    ? [YES, 'false']
    : CLOSED.test(name)
      ? [NO, 'true']
      : [opening?.[1], 'a value that closes'];
  if (!wrong || value === undefined) return undefined;
  if (openIn(value)) return [undecided(path, value, expected)];
  if (!wrong.test(words(value))) return [];
  return [violation(path, 'the control opens when it fails', { found: shown(value), expected })];
}

/** Escapes are taken away, so that JSON inside of JSON is read as well, and comments, which do nothing. */
function inText(path: PropertyPath, value: string | Text): TemplateFinding[] {
  const parts = value instanceof Text ? value.parts : [value];
  const found = parts
    .filter((part) => typeof part === 'string')
    .map((part) => part.replaceAll('\\', '').replaceAll(/\/\*[^]*?\*\/|(?:^|\s)(?:\/\/|#).*$/gm, ''))
    .flatMap((part) => IN_TEXT.map((form) => form.exec(part)?.[0]))
    .find((match) => match !== undefined);
  if (found === undefined) return [];
  return [violation(path, 'the control opens when it fails', { found: found.trim(), expected: 'false' })];
}
