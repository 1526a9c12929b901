import { createHash } from 'node:crypto';
import shop from '../../examples/shop/model.js';
import { type Plan, planText, resolve, ZeroTrustError } from '../../lib/index.js';
import { readPlanRecord, recordedPlan } from '../../lib/plan/record.js';

const plan = resolve(shop, { now: new Date('2026-11-23T12:00:00Z') });
const record = { bucket: 'plans', key: '_plan/1', sha256: 'a1'.repeat(32) };

function codeOf(run: () => unknown): string {
  try {
    run();
    return 'none';
  } catch (error) {
    return error instanceof ZeroTrustError ? error.code : String(error);
  }
}

/** The code for a plan whose hash is right. */
function codeOfPlan(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return codeOf(() => recordedPlan(text, createHash('sha256').update(text).digest('hex')));
}

test('a record is read as it was written', () => {
  expect(readPlanRecord(JSON.stringify(record))).toEqual(record);
  expect(readPlanRecord(JSON.stringify({ ...record, more: 1 }))).toEqual(record);
});

test.each<[string, unknown]>([
  ['text that is no JSON', '{'],
  ['nothing', ''],
  ['null', null],
  ['a list', [record]],
  ['no bucket', { ...record, bucket: undefined }],
  ['an empty key', { ...record, key: '' }],
  ['a bucket that is a number', { ...record, bucket: 7 }],
  ['no hash', { ...record, sha256: undefined }],
  ['a hash one digit short', { ...record, sha256: record.sha256.slice(1) }],
  ['a hash one digit long', { ...record, sha256: `${record.sha256}0` }],
  ['a hash in upper case', { ...record, sha256: record.sha256.toUpperCase() }],
  ['a hash with a line behind it', { ...record, sha256: `${record.sha256}\n` }],
])('%s is no record', (_, value) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  expect(codeOf(() => readPlanRecord(text))).toBe('plan-record');
});

test('a plan is taken with its own hash alone', () => {
  const text = planText(plan);
  const hash = createHash('sha256').update(text).digest('hex');
  expect(recordedPlan(text, hash)).toEqual(JSON.parse(text));
  for (const other of [`${text} `, text.replace('staff', 'guest'), '']) {
    expect(codeOf(() => recordedPlan(other, hash))).toBe('plan-hash');
  }
});

test('of the same major version, whatever else it says', () => {
  const of = (version: unknown) => ({ ...plan, version }) as unknown as Plan;
  expect(['1.0', '1.99'].map((version) => codeOfPlan(of(version)))).toEqual(['none', 'none']);
  for (const strange of [
    of('2.0'),
    of('0.9'),
    of('11.0'),
    of(undefined),
    of(null),
    {},
    [],
    'null',
    '7',
    '{',
  ]) {
    expect([strange, codeOfPlan(strange)]).toEqual([strange, 'plan-version']);
  }
});
