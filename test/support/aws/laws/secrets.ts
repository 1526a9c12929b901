import { isRecord, resourcesOf } from '../template.js';
import type { Law } from './law.js';

/** Names of properties whose value is a secret, wherever CloudFormation has them. */
const SECRET_NAME = /(?:secret|password|passwd|private_?key|api_?key|credential|authToken)$/i;
/** Of those, names that only point at a secret or describe how one is made. */
const NOT_A_SECRET = /^(?:GenerateSecret|MasterUserSecret|RequiresApiKey|ApiKeyRequired)$/i;
/** What gives a secret away under any name: keys, tokens, credentials in a URL. */
const SECRET_TEXT = [
  /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/,
  /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\./,
  /\bgh[pousr]_[A-Za-z0-9]{30,}/,
  /:\/\/[^/\s:@{}$]+:[^/\s@{}$]+@/,
];

export const noSecretInAProperty: Law = {
  name: 'no property holds a secret',
  broken: (templates) =>
    resourcesOf(templates).flatMap(({ at, properties }) =>
      secretsIn(properties, '').map((path) => `${at} has a secret at ${path}`),
    ),
};

function secretsIn(value: unknown, path: string): string[] {
  if (typeof value === 'string') {
    const name = path.split('.').at(-1) ?? '';
    const named = SECRET_NAME.test(name) && !NOT_A_SECRET.test(name);
    const resolved = /^\{\{resolve:secretsmanager:.+\}\}$/.test(value);
    return (named && !resolved && value !== '') || SECRET_TEXT.some((form) => form.test(value)) ? [path] : [];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, `${path}[${index}]`));
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    secretsIn(item, path === '' ? name : `${path}.${name}`),
  );
}
