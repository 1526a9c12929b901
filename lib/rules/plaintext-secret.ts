import type { ElementPath } from '../model/element-path.js';
import { type Check, type Finding, finding } from './support/check.js';

/** Secrets that are known by their form: each issuer's own prefix, so that nothing else is taken for one. */
const FORMS: readonly (readonly [string, RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z2-7]{16}\b/],
  ['a GitHub token', /\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})/],
  ['a Slack token', /\bxox[abprs]-[A-Za-z0-9-]{20}/],
  ['a Google API key', /\bAIza[A-Za-z0-9_-]{35}/],
  ['a signed token', /\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/],
];

/** What a text gives away, by the form of a secret in it. */
export function secretForm(text: string): string | undefined {
  return FORMS.find(([, form]) => form.test(text))?.[0];
}

/** A secret in the model: a model is code that many read, and a plan is a file that many more do. */
export const plaintextSecret: Check = {
  id: 'plaintext-secret',
  severity: 'error',
  optOut: false,
  run({ model }) {
    const found: Finding[] = [];
    const look = (value: unknown, path: ElementPath): void => {
      if (typeof value === 'string') {
        const what = secretForm(value);
        // The finding does not repeat what it found.
        if (what)
          found.push(finding(path, `this looks like ${what}`, { remedy: 'withdraw it: it has been read' }));
      } else if (Array.isArray(value)) {
        value.forEach((item, index) => look(item, [...path, index]));
      } else if (typeof value === 'object' && value !== null) {
        for (const [key, item] of Object.entries(value)) look(item, [...path, key]);
      }
    };
    look(model, []);
    return found;
  },
};
