import { readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  /** It comes inside the package of its folder, whose hash covers it. */
  readonly inBundle?: boolean;
  readonly os?: readonly string[];
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const text = readFileSync(join(__dirname, '..', '..', 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Record<string, Locked> };
const dependencies = Object.entries(packages).filter(([path]) => path !== '');

test('the lockfile names no registry, so that any mirror serves it', () => {
  expect(text).not.toContain('"resolved"');
});

test('whatever this platform may install has a version and a hash', () => {
  const elsewhere = ({ optional, os }: Locked) => optional === true && os !== undefined;
  const hasHash = ({ integrity, inBundle }: Locked) => integrity !== undefined || inBundle === true;
  const loose = dependencies.filter(
    ([, locked]) => locked.version === undefined || (!hasHash(locked) && !elsewhere(locked)),
  );
  expect(loose.map(([path]) => path)).toEqual([]);
});

// `npm ci` refuses a lockfile that lacks one, also where it would never be installed.
test('the optional packages of every platform are locked', () => {
  const names = dependencies.flatMap(([, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies),
  );
  const missing = names.filter(
    (name) => !dependencies.some(([path]) => path.endsWith(`node_modules/${name}`)),
  );
  expect(missing).toEqual([]);
});

test('the tools that run here have a hash, optional or not', () => {
  const mine = dependencies.filter(
    ([path, { os }]) => os?.includes(process.platform) === true && path.includes(process.arch),
  );
  expect(mine.length).toBeGreaterThan(0);
  if (process.platform !== 'linux') return;
  const served = mine.filter(([path]) => !path.includes('musl'));
  expect(served.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path)).toEqual([]);
});
