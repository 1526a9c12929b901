import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { ServiceNode } from '../../lib/plan/plan.js';
import { Users } from '../../local/identity/users.js';
import { parseOverlay } from '../../local/overlay.js';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const read = (name: string) => readFileSync(join(built.folder, name), 'utf8');
const NAMES = ['model.ts', 'dev.yaml', 'users.yaml'];

test('writes a first model that has no finding and admits what it says', () => {
  const { status, stdout, stderr } = built.ztp(['init', 'first']);
  expect(stderr).toBe('');
  expect(status).toBe(0);
  for (const name of NAMES) expect(stdout).toContain(`first/${name}`);
  expect(tooWide(stdout)).toEqual([]);
  // Without the package npx would ask the registry for another one.
  expect(stdout.indexOf('npm install --save-dev zero-trust-platform')).toBeGreaterThan(0);
  expect(stdout.indexOf('npm install')).toBeLessThan(stdout.indexOf('npx ztp'));
  for (const command of ['check', 'plan']) expect(stdout).toContain(`  npx ztp ${command} first/model.ts\n`);
  expect(stdout).toContain('npx ztp dev first/model.ts --overlay first/dev.yaml --users first/users.yaml');

  expect(built.ztp(['check', 'first/model.ts']).stdout).toBe('first/model.ts: no findings\n');
  // What the local run reads is valid, too.
  const services = Object.fromEntries(['web', 'notes'].map((name) => [name, {} as ServiceNode]));
  expect(parseOverlay(parse(read('first/dev.yaml')), { services })).toEqual({ services: {} });
  const events: unknown[] = [];
  const users = new Users(join(built.folder, 'first/users.yaml'), (...event) => events.push(event));
  expect(users.at('people').map(([name]) => name)).toEqual(['ada', 'ben']);
  expect(events).toEqual([]);

  const request = [
    '--request',
    'DELETE https://notes.acme.example/notes/1',
    '--as',
    'user:people',
    '--groups',
    'staff',
  ];
  expect(built.ztp(['explain', 'first/model.ts', ...request, '--mfa']).stdout).toContain('is admitted');
  expect(built.ztp(['explain', 'first/model.ts', ...request]).stdout).toContain('401 stepUp');
});

test('writes nothing if one of the files is there', () => {
  built.write('second/users.yaml', 'users: {}\n');
  const { status, stdout, stderr } = built.ztp(['init', 'second']);
  expect(stderr).toContain('error file-exists at second/users.yaml');
  expect(stdout).toBe('');
  expect(status).toBe(1);
  expect(read('second/users.yaml')).toBe('users: {}\n');
  expect(() => read('second/model.ts')).toThrow();
});

test('a folder that cannot be made is an error', () => {
  built.write('third', 'a file');
  const { status, stderr } = built.ztp(['init', 'third/below']);
  expect(stderr).toContain('error init-failed at third/below');
  expect(status).toBe(1);
});
