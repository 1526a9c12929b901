import {
  type PropertyPath,
  type TemplateCheck,
  type TemplateFinding,
  undecided,
  violation,
} from './support/check.js';
import { isMap, openIn, shown, text, words } from './support/read.js';
import { Text, type Value } from './support/value.js';

/** `failOpen`, `FirewallFailOpen`, `waf.fail_open.enabled`, `FAIL_OPEN`, `failure_mode_allow`. */
const NAME = /fail[_-]?open(?:[._-]?enabled)?$|^failure[_-]?mode[_-]?allow$/i;
const YES = /^(?:true|enabled|enable|yes|on|1)$/i;
/** The same in code and configuration that stands in a text. */
const IN_TEXT = /["']?(?:fail_?open|failure_mode_allow)["']?\s*[:=]\s*["']?true\b/i;

export const failOpen: TemplateCheck = {
  id: 'fail-open',
  severity: 'error',
  reason: 'A control that opens when it fails is off whenever an attacker can make it fail.',
  fix: 'Let it fail closed: set the value to false (DISABLED; for a stream exception policy DROP or REJECT), and watch it by an alarm.',
  types: [],
  run: (resource, reading) => look([], reading.properties(resource)),
};

function look(path: PropertyPath, value: Value): TemplateFinding[] {
  const key = String(path.at(-1) ?? '');
  if (NAME.test(key)) return judge(path, value);
  if (key === 'StreamExceptionPolicy' && value === 'CONTINUE') return judge(path, true);
  if (typeof value === 'string') return IN_TEXT.test(value) ? judge(path, true) : [];
  if (value instanceof Text) {
    return value.parts.some((part) => typeof part === 'string' && IN_TEXT.test(part))
      ? judge(path, true)
      : [];
  }
  if (Array.isArray(value))
    return (value as readonly Value[]).flatMap((item, index) => look([...path, index], item));
  if (!isMap(value)) return [];
  // Attributes of a load balancer, variables of a container: a name beside its value.
  const name = text(value['Key'] ?? value['Name']);
  if (typeof name === 'string' && NAME.test(name) && 'Value' in value)
    return judge([...path, 'Value'], value['Value']);
  return Object.entries(value).flatMap(([inner, item]) => look([...path, inner], item));
}

function judge(path: PropertyPath, value: Value): TemplateFinding[] {
  if (openIn(value)) return [undecided(path, value, 'false')];
  if (!YES.test(words(value))) return [];
  return [violation(path, 'the control opens when it fails', { found: shown(value), expected: 'false' })];
}
