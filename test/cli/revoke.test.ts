import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RevocationDocument } from '../../lib/index.js';
import { program } from '../local/temporary.js';
import { BuiltPackage, tooWide } from './built.js';

const built = new BuiltPackage();
afterAll(() => built.remove());

const MODEL = 'examples/shop/model.ts';
const FILE = 'revocations.json';
const file = join(built.folder, FILE);
const stored = () => JSON.parse(readFileSync(file, 'utf8')) as RevocationDocument;
const revoke = (...words: string[]) => built.ztp(['revoke', MODEL, '--in', FILE, ...words]);
const now = () => Math.floor(Date.now() / 1000);

beforeEach(() => built.write(FILE, '{"version":7,"entries":[]}'));

test.each([
  [['--token', 'jti-1'], { kind: 'token', issuer: 'people', value: 'jti-1' }],
  [['--session', 'sid-1'], { kind: 'session', issuer: 'people', value: 'sid-1' }],
  [['--client', 'web'], { kind: 'client', issuer: 'people', value: 'web' }],
  [['--subject', 'alice'], { kind: 'subject', issuer: 'people', value: 'alice' }],
  [
    ['--subject', 'alice', '--before', '2027-03-01T12:00:00Z'],
    { kind: 'subject', issuer: 'people', value: 'alice', before: 1_803_902_400 },
  ],
  [['--rule', 'payout', '--for', '2h'], { kind: 'rule', rule: 'payout' }],
  [['--service', 'refunds', '--for', '2h'], { kind: 'service', service: 'refunds' }],
])('%s is an entry of the next version', (words, entry) => {
  const { status, stdout, stderr } = revoke('--issuer', 'people', ...words);
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^revocations\.json: version \d+, 1 entry\n/);
  expect(tooWide(stdout)).toEqual([]);
  const { version, entries } = stored();
  expect(entries).toEqual([{ ...entry, until: expect.any(Number) }]);
  expect(Math.abs(version - now())).toBeLessThan(60);
  const seconds = words.includes('--for') ? 7200 : 365 * 86_400 + 61;
  expect(Math.abs(entries[0]!.until - now() - seconds)).toBeLessThan(60);
});

test('it is said which claim of the provider names a client', () => {
  const url = 'https://people.example';
  const people = { kind: 'oidc', issuer: url, jwksUri: url, clientClaim: 'azp' };
  const identity = { providers: { people } };
  const services = { web: { protocol: 'http', host: 'www.shop.example' } };
  const model = { trustDomain: 'shop.example', environment: 'dev', identity, services, access: [] };
  built.write('azp.json', JSON.stringify(model));
  const { stdout } = built.ztp(['revoke', 'azp.json', '--in', FILE, '--client', 'web']);
  expect(stdout).toContain('Tokens of people with the client web (`azp`) are bad');
});

test('where the life of tokens has a limit, the entry ends with the longest', () => {
  const url = 'https://people.example';
  const people = { kind: 'oidc', issuer: url, jwksUri: url, maxTokenLifetimeSeconds: 3600 };
  const services = { web: { protocol: 'http', host: 'www.shop.example' } };
  const identity = { providers: { people } };
  built.write(
    'cap.json',
    JSON.stringify({ trustDomain: 'shop.example', environment: 'dev', identity, services, access: [] }),
  );
  expect(built.ztp(['revoke', 'cap.json', '--in', FILE, '--token', 'jti-1']).status).toBe(0);
  expect(Math.abs(stored().entries[0]!.until - now() - 100_861)).toBeLessThan(60);
});

test.each(['client', 'session'])(
  'a %s of a pipeline revokes nothing, so that the subject is asked for',
  (kind) => {
    const issuer = 'pipelines.token-actions-githubusercontent-com';
    const { status, stderr } = revoke('--issuer', issuer, `--${kind}`, 'deploy');
    expect([status, tooWide(stderr)]).toEqual([1, []]);
    expect(stderr).toContain(`error revocation-without-claim at --${kind}: the entry would revoke nothing`);
    expect(stderr).toContain('--subject "repo:shop/shop:ref:refs/heads/main"');
    expect(stored()).toEqual({ version: 7, entries: [] });
  },
);

test('a pipeline that is known by its client is revoked by it', () => {
  const url = 'https://ci.example';
  const claims = { sub: 'robot', client_id: 'deploy' };
  const pipelines = { deploy: { kind: 'pipeline', issuer: url, jwksUri: url, claims } };
  const services = { web: { protocol: 'http', host: 'www.shop.example' } };
  const model = {
    trustDomain: 'shop.example',
    environment: 'dev',
    identity: { pipelines },
    services,
    access: [],
  };
  built.write('ci.json', JSON.stringify(model));
  expect(built.ztp(['revoke', 'ci.json', '--in', FILE, '--client', 'deploy']).stderr).toBe('');
  expect(stored().entries).toMatchObject([
    { kind: 'client', issuer: 'pipelines.ci-example', value: 'deploy' },
  ]);
});

test('--workload closes a service and withdraws every allow that names it, and says who loses one too', () => {
  const { status, stdout } = revoke('--workload', 'web', '--for', '2h');
  expect([status, tooWide(stdout)]).toEqual([0, []]);
  expect(stdout).toMatch(/^revocations\.json: version \d+, 2 entries\n/);
  const until = expect.any(Number) as number;
  expect(stored().entries).toEqual([
    { kind: 'service', service: 'web', until },
    { kind: 'rule', rule: 'web-sees-order', until },
  ]);
  const shared = built.write(
    'shared.yaml',
    `extends: ${MODEL}\naccess:\n  web-sees-order:\n    principals: [{ kind: workload, service: web }, { kind: workload, service: reports }]\n`,
  );
  const { stdout: said } = built.ztp(['revoke', shared, '--in', FILE, '--workload', 'web', '--for', '2h']);
  expect(said).toContain('Other callers lose the rules that name them too: web-sees-order.');
  const unknown = revoke('--workload', 'wep', '--for', '2h');
  expect([unknown.status, unknown.stderr]).toEqual([1, expect.stringContaining('error unknown-service')]);
});

test('what is over goes, what counts stays', () => {
  const kept = { kind: 'service', service: 'web', until: now() + 600 };
  built.write(
    FILE,
    JSON.stringify({ version: 7, entries: [{ ...kept, service: 'orders', until: now() - 1 }, kept] }),
  );
  expect(revoke('--service', 'refunds', '--for', '30m').status).toBe(0);
  expect(stored().entries).toEqual([
    kept,
    { kind: 'service', service: 'refunds', until: expect.any(Number) },
  ]);
});

test('a document that no gateway would take in is not written', () => {
  const entry = (at: number) => ({ kind: 'token', issuer: 'people', value: `t${at}`, until: now() + 600 });
  const full = JSON.stringify({ version: 7, entries: Array.from({ length: 1000 }, (_, at) => entry(at)) });
  built.write(FILE, full);
  const { status, stderr } = revoke('--service', 'refunds', '--for', '30m');
  expect([status, readFileSync(file, 'utf8')]).toEqual([1, full]);
  expect(stderr).toContain('too-many-revocations');
  expect(tooWide(stderr)).toEqual([]);
});

test('the version is above every earlier one, also where it was lowered by hand or is ahead of the clock', () => {
  built.write(FILE, '{"version":3,"entries":[]}');
  expect(revoke('--service', 'refunds', '--for', '30m').status).toBe(0);
  expect(stored().version).toBeGreaterThan(1_700_000_000);
  built.write(FILE, '{"version":9000000000,"entries":[]}');
  expect(revoke('--service', 'refunds', '--for', '30m').status).toBe(0);
  expect(stored().version).toBe(9_000_000_001);
});

test('writes at the same time all stay', () => {
  const script = `
    const { spawn } = require('node:child_process');
    const [program, model, file, ...tokens] = process.argv.slice(1);
    const ended = tokens.map((token) => new Promise((done) => {
      const words = [program, 'revoke', model, '--in', file, '--issuer', 'people', '--token', token];
      spawn(process.execPath, words, { stdio: 'ignore' }).on('exit', done);
    }));
    Promise.all(ended).then((codes) => process.stdout.write(JSON.stringify(codes)));`;
  const tokens = ['one', 'two', 'three'];
  const program = join(built.folder, 'dist/cli/ztp.js');
  expect(built.node(['-e', script, program, MODEL, FILE, ...tokens]).stdout).toBe('[0,0,0]');
  const values = stored().entries.map((entry) => ('value' in entry ? entry.value : ''));
  expect(new Set(values)).toEqual(new Set(tokens));
});

test('a dry run prints the document and writes nothing', () => {
  const { stdout, status } = revoke('--service', 'refunds', '--for', '30m', '--dry-run');
  expect([status, JSON.parse(stdout)]).toMatchObject([
    0,
    { version: expect.any(Number), entries: [{ service: 'refunds' }] },
  ]);
  expect(stored()).toEqual({ version: 7, entries: [] });
});

test('as JSON: where it is, its version, and the entry', () => {
  const { stdout } = revoke('--service', 'refunds', '--for', '30m', '--json');
  expect(JSON.parse(stdout)).toMatchObject({
    document: FILE,
    version: expect.any(Number),
    entries: 1,
    entry: { kind: 'service', service: 'refunds' },
  });
});

test('a first document is made only where that is asked for', () => {
  rmSync(file);
  expect(revoke('--service', 'refunds', '--for', '30m').stderr).toContain('revocation-document-not-found');
  expect(existsSync(file)).toBe(false);
  expect(revoke('--service', 'refunds', '--for', '30m', '--create').status).toBe(0);
  expect(stored().entries).toHaveLength(1);
});

test.each<[string, string[], string]>([
  ['nothing to revoke', [], 'revocation-kind'],
  ['two things', ['--rule', 'payout', '--service', 'refunds', '--for', '1h'], 'revocation-kind'],
  ['a time without a subject', ['--token', 'x', '--before', '2027-03-01'], 'revocation-kind'],
  ['an emergency deny without an end', ['--service', 'refunds'], 'revocation-duration'],
  ['a service that is none', ['--service', 'refnds', '--for', '1h'], 'unknown-service'],
  ['a rule that is none', ['--rule', 'no-such', '--for', '1h'], 'unknown-rule'],
  ['a rule that is none, without an end', ['--rule', 'no-such'], 'unknown-rule'],
  ['an issuer that is none', ['--token', 'x', '--issuer', 'peple'], 'unknown-issuer'],
])('%s is refused, and nothing is written', (_, words, code) => {
  const { status, stderr } = revoke(...words);
  expect([status, stderr]).toEqual([1, expect.stringContaining(`error ${code}`)]);
  expect(tooWide(stderr)).toEqual([]);
  expect(stored()).toEqual({ version: 7, entries: [] });
});

test.each(['not JSON', '{"version":7}', '{"version":7,"entries":[{"kind":"all","until":1}]}'])(
  'a document that no point would take is not written over: %s',
  (text) => {
    built.write(FILE, text);
    const { status, stderr } = revoke('--service', 'refunds', '--for', '1h');
    expect([status, stderr]).toEqual([1, expect.stringContaining('revocation-document-unreadable')]);
    expect(readFileSync(file, 'utf8')).toBe(text);
  },
);

test('without a place, or one that is none, the usage is said', () => {
  expect(built.ztp(['revoke', MODEL, '--token', 'x']).stderr).toContain('error missing-option');
  const { stderr } = built.ztp(['revoke', MODEL, '--token', 'x', '--issuer', 'people', '--in', 'gs://a/b']);
  expect(stderr).toContain('error revocation-place');
});

test('without credentials AWS is not asked', () => {
  const words = [
    'revoke',
    MODEL,
    '--token',
    'x',
    '--issuer',
    'people',
    '--in',
    's3://bucket/revocations.json',
  ];
  const { status, stderr } = built.ztp(words, { env: { AWS_ACCESS_KEY_ID: '', AWS_REGION: 'eu-west-1' } });
  expect([status, stderr]).toEqual([1, expect.stringContaining('error aws-unreachable')]);
});

describe('a ConfigMap, by kubectl', () => {
  /** A cluster in a file: as an API server it writes only over the version that is named. `others` write in between. */
  const KUBECTL = `
    const fs = require('node:fs');
    const [verb, ...words] = process.argv.slice(2);
    const read = () => JSON.parse(fs.readFileSync('cluster.json', 'utf8'));
    const refuse = (text) => { console.error(text); process.exit(1); };
    let { map, others } = read();
    const save = () => fs.writeFileSync('cluster.json', JSON.stringify({ map, others, words, verb }));
    // Flux takes away what managers have written whose name begins with kubectl, as kubectl's own does.
    if (verb !== 'get' && !words.includes('--field-manager=ztp-revoke')) refuse('a manager of kubectl');
    if (words.at(-1) !== 'shop' || words.at(-2) !== '-n') refuse('another namespace');
    if (verb === 'get') {
      if (map) console.log(JSON.stringify(map));
    } else {
      const next = JSON.parse(fs.readFileSync(0, 'utf8'));
      if (verb === 'create' && map) refuse('Error from server (AlreadyExists): it is there');
      if (others > 0) { others--; map.metadata.resourceVersion += '1'; save(); }
      if (map && next.metadata.resourceVersion !== map.metadata.resourceVersion)
        refuse('Error from server (Conflict): the object has been modified');
      next.metadata.resourceVersion = (next.metadata.resourceVersion ?? '') + '0';
      map = next;
      save();
    }`;
  const cluster = () =>
    JSON.parse(readFileSync(join(built.folder, 'cluster.json'), 'utf8')) as {
      map?: { metadata: { annotations?: object }; data?: Record<string, string> };
      others: number;
    };
  const words = (...more: string[]) => {
    const place = 'configmap://shop/zero-trust-revocations';
    const asked = ['--engine', 'kubernetes', '--service', 'refunds', '--for', '1h', ...more];
    const env = { PATH: `${built.folder}:${process.env['PATH']}` };
    return built.ztp(['revoke', MODEL, '--in', place, ...asked], { env });
  };
  const metadata = {
    name: 'zero-trust-revocations',
    namespace: 'shop',
    labels: { a: 'b' },
    annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
    resourceVersion: '1',
  };

  beforeAll(() => {
    built.write('kubectl.js', KUBECTL);
    program(built.folder, 'kubectl', `exec '${process.execPath}' '${join(built.folder, 'kubectl.js')}' "$@"`);
  });

  test('that was made and never written has its first entry, though others write at the same time', () => {
    built.write('cluster.json', JSON.stringify({ map: { metadata }, others: 2 }));
    expect(words()).toMatchObject({ status: 0, stderr: '' });
    const { map, others } = cluster();
    const { version, entries } = JSON.parse(map!.data!['revocations.json']!) as RevocationDocument;
    const annotations = { ...metadata.annotations, 'zero-trust-platform/revocations-version': `${version}` };
    expect([others, map!.metadata]).toEqual([0, { ...metadata, annotations, resourceVersion: '1110' }]);
    expect(entries).toEqual([{ kind: 'service', service: 'refunds', until: expect.any(Number) }]);
  });

  test('keeps what else is in it, and what was revoked before', () => {
    const until = now() + 1000;
    const before = { version: 3, entries: [{ kind: 'service', service: 'orders', until }] };
    const data = { note: 'kept', 'revocations.json': JSON.stringify(before) };
    const binaryData = { logo: 'AAEC/w==' };
    built.write('cluster.json', JSON.stringify({ map: { metadata, data, binaryData }, others: 0 }));
    expect(words().status).toBe(0);
    const { map } = cluster();
    const { note, 'revocations.json': text } = map!.data!;
    expect([note, (JSON.parse(text!) as RevocationDocument).entries.length]).toEqual(['kept', 2]);
    expect(map).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', binaryData });
  });

  test('that somebody emptied is not written over: nobody knows what was revoked', () => {
    const annotations = { 'zero-trust-platform/revocations-version': '3' };
    built.write(
      'cluster.json',
      JSON.stringify({ map: { metadata: { ...metadata, annotations } }, others: 0 }),
    );
    expect(words()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('revocation-document-unreadable'),
    });
    expect(cluster().map).not.toHaveProperty('data');
  });

  test('that is not there is made only where that is asked for', () => {
    built.write('cluster.json', '{"others":0}');
    expect(words().stderr).toContain('revocation-document-not-found');
    expect(words('--create').status).toBe(0);
    expect(cluster().map!.metadata).toMatchObject({ name: 'zero-trust-revocations', namespace: 'shop' });
  });

  test('that the cluster does not show, or that others always write, is an error', () => {
    built.write('cluster.json', 'no cluster');
    expect(words().stderr).toContain('error cluster-refused');
    built.write('cluster.json', JSON.stringify({ map: { metadata }, others: 99 }));
    expect(words().stderr).toContain('error revocation-contended');
  });
});
