import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { at, refersTo, shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text } from './support/value.js';

/** "Quotas for Amazon Verified Permissions". */
const POLICY_BYTES = 10_000;
const SCHEMA_BYTES = 100_000;

export const policyStore: TemplateCheck = {
  id: 'policy-store',
  severity: 'error',
  reason:
    'A store that does not validate takes a policy with a misspelt attribute, which then never matches; a second identity source and larger policies or schemas are refused.',
  fix: 'Set `ValidationSettings.Mode` to STRICT, keep one identity source a store, and split large policies.',
  types: ['AWS::VerifiedPermissions::PolicyStore', 'AWS::VerifiedPermissions::Policy'],
  run(resource, reading) {
    if (resource.type === 'AWS::VerifiedPermissions::Policy') {
      const statement = at(reading.get(resource, 'Definition'), 'Static', 'Statement');
      return large(['Definition', 'Static', 'Statement'], text(statement), POLICY_BYTES);
    }
    const mode = text(at(reading.get(resource, 'ValidationSettings'), 'Mode'));
    const path = ['ValidationSettings', 'Mode'];
    const validates =
      mode instanceof Text
        ? [undecided(path, mode, 'STRICT')]
        : mode === 'STRICT'
          ? []
          : [violation(path, 'policies are not validated', { found: shown(mode), expected: 'STRICT' })];
    const schema = text(at(reading.get(resource, 'Schema'), 'CedarJson'));
    return [
      ...validates,
      ...large(['Schema', 'CedarJson'], schema, SCHEMA_BYTES),
      ...sources(resource, reading),
    ];
  },
};

function large(path: string[], value: string | Text | undefined, most: number): TemplateFinding[] {
  const size = typeof value === 'string' ? Buffer.byteLength(value) : 0;
  if (size <= most) return [];
  return [violation(path, 'the quota is lower', { found: `${size} bytes`, expected: `at most ${most}` })];
}

function sources(store: Resource, reading: Reading): TemplateFinding[] {
  const found = reading.deployment
    .resources('AWS::VerifiedPermissions::IdentitySource')
    .filter((source) => refersTo(reading.get(source, 'PolicyStoreId'), store) && reading.exists(source));
  if (found.length <= 1) return [];
  return [violation([], 'a store has one identity source', { found: `${found.length}`, expected: 'one' })];
}
