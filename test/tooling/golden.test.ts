import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expectGolden } from '../golden.js';

const scratch = 'golden-helper-scratch/file.txt';
const file = join(__dirname, '..', 'golden', scratch);
const environment = { ...process.env };

beforeEach(() => {
  delete process.env.CI;
  delete process.env.UPDATE_GOLDEN;
});

afterEach(() => {
  process.env = { ...environment };
  rmSync(join(file, '..'), { recursive: true, force: true });
});

test('a missing file fails, and is not written', () => {
  expect(() => expectGolden(scratch, 'a')).toThrow('does not exist');
  expect(existsSync(file)).toBe(false);
});

test('with the flag it is written, and from then on compared', () => {
  process.env.UPDATE_GOLDEN = '1';
  expectGolden(scratch, 'a\n');
  delete process.env.UPDATE_GOLDEN;
  expectGolden(scratch, 'a\n');
  expect(() => expectGolden(scratch, 'a')).toThrow();
});

test('in CI the flag writes nothing', () => {
  process.env.UPDATE_GOLDEN = '1';
  process.env.CI = 'true';
  expect(() => expectGolden(scratch, 'a')).toThrow('does not exist');
});
