import { secretForm } from '../plaintext-secret.js';
import { type PropertyPath, type TemplateCheck, type TemplateFinding, violation } from './support/check.js';
import { everyValue } from './support/every-value.js';
import { isMap, text } from './support/read.js';
import { Text, type Value } from './support/value.js';

/** Names of properties and variables whose value is a secret. */
const NAMED = /(?:secret|password|passwd|private_?key|api_?key|access_?key|credentials?|auth_?token)$/i;
/** Of those, names that only point at one, or say how one is made. */
const NOT_A_SECRET =
  /^(?:GenerateSecret|MasterUserSecret|RequiresApiKey|ApiKeyRequired|.*(?:Public|_PUBLIC)_?KEY|HashKey|RangeKey)$/i;
/** An ARN, a name in Secrets Manager or Systems Manager, a URL without credentials, a flag. */
const POINTER = /^(?:arn:|\/|https?:\/\/[^@]*$|true$|false$|\d*$)/i;
/** A variable may be called after the secret whose name it has: `prod/db`, `orders-db-credentials`. */
const HOLDS_NAME = /(?:secret|credentials?)$/i;
const SECRET_NAME = /^[a-z][a-z0-9]{0,23}(?:[-_./][a-z0-9]{1,24})*$/;
const NAME_OF_SECRET = /\/|(?:secret|credential|password|key)s?$/;

export const plaintextSecret: TemplateCheck = {
  id: 'plaintext-secret',
  severity: 'error',
  reason: 'A template is read by everybody who may look at the stack, and stays in its history.',
  fix: 'Withdraw the secret: it has been read. Put the new one into Secrets Manager and refer to it ({{resolve:secretsmanager:…}}, `Secrets` of a container).',
  types: [],
  run: (resource, reading) => everyValue(resource, reading, look),
};

function look(path: PropertyPath, value: Value): TemplateFinding[] {
  if (typeof value === 'string' || value instanceof Text) {
    const literal =
      value instanceof Text ? value.parts.filter((part) => typeof part === 'string').join('\n') : value;
    const what = secretForm(literal);
    if (what) return [secret(path, `this looks like ${what}`)];
    return typeof value === 'string' && isNamed(String(path.at(-1))) && isLiteral(String(path.at(-1)), value)
      ? [secret(path, 'a secret stands here in plain text')]
      : [];
  }
  if (Array.isArray(value))
    return (value as readonly Value[]).flatMap((item, index) => look([...path, index], item));
  if (!isMap(value)) return [];
  const name = text(value['Name'] ?? value['Key'] ?? value['ParameterKey']);
  const inner = value['Value'];
  // A variable of a container: its name stands beside the value.
  if (typeof name === 'string' && isNamed(name) && typeof inner === 'string' && isLiteral(name, inner)) {
    return [secret([...path, 'Value'], 'a secret stands here in plain text')];
  }
  return Object.entries(value).flatMap(([key, item]) => look([...path, key], item));
}

/** The finding does not repeat what it found. */
function secret(path: PropertyPath, message: string): TemplateFinding {
  return violation(path, message, { expected: 'a reference to Secrets Manager' });
}

function isNamed(name: string): boolean {
  return NAMED.test(name) && !NOT_A_SECRET.test(name);
}

function isLiteral(name: string, value: string): boolean {
  const isName = HOLDS_NAME.test(name) && SECRET_NAME.test(value) && NAME_OF_SECRET.test(value);
  return value !== '' && !POINTER.test(value) && !isName;
}
