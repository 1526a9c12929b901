import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { isHealthy } from '../../../gateway/agent/health.js';
import { indexPolicy } from '../../../lib/policy/index-rules.js';
import { decide, STATUS } from '../../../lib/policy/decide.js';
import type { Credential, Json, Point } from '../../../lib/policy/request.js';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { TestAuthority } from '../../engines/support/authority.js';
import { issuerKey } from '../../engines/support/issuer.js';
import { eventually } from '../../local/temporary.js';
import { AskingMesh, type Asked, askingPlan, FAR, HOST, LONG, SIDECAR } from '../support/asking.js';

let running: AskingMesh;
beforeAll(async () => {
  running = await AskingMesh.start();
});
afterAll(() => running.close());

const POINTS = ['gateway', SIDECAR] as const;
const asUser = (point: (typeof POINTS)[number], asked: Asked) =>
  running.ask(point, point === 'gateway' ? 'client' : 'gateway', asked);
const status = async (point: (typeof POINTS)[number], asked: Asked) => (await asUser(point, asked))[0];
const staff = () => running.token({ groups: ['staff'] });

describe.each(POINTS)('at %s', (point) => {
  test('what Envoy cannot be told is decided all the same', async () => {
    const report = `${LONG}/7`;
    expect(await status(point, { path: report, token: staff() })).toBe(200);
    expect(await asUser(point, { path: report, token: running.token() })).toEqual([403, 'forbidden']);
    expect(await asUser(point, { path: report })).toEqual([401, 'token required']);
    expect(await asUser(point, { path: `${LONG}/secret`, token: staff() })).toEqual([403, 'forbidden']);
    const approval = { method: 'POST', path: report };
    expect(await status(point, { ...approval, token: running.token({ amr: ['mfa'] }) })).toBe(200);
    expect(await asUser(point, { ...approval, token: running.token() })).toEqual([
      401,
      'stronger authentication required',
    ]);
  });

  test('only what must be asked is', async () => {
    expect(await status(point, { path: '/plain', token: staff() })).toBe(200);
    expect(await status(point, { path: `${LONG}/told`, token: staff() })).toBe(200);
    await eventually(() => running.asked(point, `${LONG}/told`).length > 0, 'it was asked');
    expect(running.asked(point, `${LONG}/told`)[0]).toMatchObject({ decision: 'allow', rule: 'reports' });
    expect(running.asked(point, '/plain')).toEqual([]);
  });

  test('nobody else reaches it, and it can do nothing but decide', async () => {
    const { volume } = running.agents.get(point)!.options;
    const mode = (name: string) => statSync(join(volume, name)).mode & 0o777;
    expect([mode('decision.sock') & 0o077, mode('decision'), mode('decision/policy.json')]).toEqual([
      0, 0o700, 0o600,
    ]);
    const pid = running.decisionPid(point);
    expect(tcpListeners(pid)).toEqual([]);
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    expect(environment).not.toMatch(/secret-of-the-task|session-of-the-task|AWS_/);
    const flags = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    expect(flags).toContain('--permission');
    expect(
      flags.filter((flag) => flag.startsWith('--allow-')).map((flag) => flag.replace(/.*\//, '')),
    ).toEqual(['index.js', 'policy.json', 'public.pem']);
  });

  test('without it nothing passes that it must decide, and it comes back', async () => {
    const { healthPort } = running.agents.get(point)!.options;
    expect(await isHealthy(healthPort)).toBe(true);
    const report = { path: `${LONG}/9`, token: staff() };
    const first = running.decisionPid(point);
    process.kill(first, 'SIGKILL');
    let refused: unknown;
    await eventually(async () => {
      const answer = await asUser(point, report);
      if (answer[0] !== 200) refused ??= answer;
      return answer[0] !== 200;
    }, 'it is missed');
    expect(refused).toEqual([503, 'unavailable']);
    expect(await status(point, { path: '/plain', token: staff() })).toBe(200);
    await eventually(async () => (await status(point, report)) === 200, 'it is back');
    expect(running.decisionPid(point)).not.toBe(first);
    await eventually(() => isHealthy(healthPort), 'it is healthy again');
  });
});

test('each point decides as the reference does there', async () => {
  const index = indexPolicy(askingPlan.policy, askingPlan.revocation.document);
  const now = Math.floor(Date.now() / 1000);
  const aud = askingPlan.services['web']!.audience;
  const claims: (Record<string, Json> | undefined)[] = [
    undefined,
    {},
    { groups: ['staff'] },
    { groups: ['staff'], amr: ['mfa'] },
    { groups: 'staff', amr: 'pwd' },
    { groups: ['staff'], aud: 'https://elsewhere.example' },
    { groups: ['staff'], exp: now - 600 },
  ];
  const paths = [`${LONG}/1`, `${LONG}/secret`, LONG, `${LONG}/1/2`, `${LONG}/1?x=1`, `${LONG}//1`, '/plain'];
  const places = [
    ['gateway', 'client', { kind: 'gateway', behindEdge: true }],
    [SIDECAR, 'gateway', { kind: 'sidecar', service: 'web' }],
    [SIDECAR, 'orders', { kind: 'sidecar', service: 'web' }],
  ] as const;
  const peers = {
    client: undefined,
    gateway: askingPlan.gateway.spiffeId,
    orders: askingPlan.services['orders']!.sidecar.spiffeId,
  };
  const outcomes = new Map<string, number>();
  for (const [key, as, point] of places) {
    const asked = paths.flatMap((path) =>
      ['GET', 'POST'].flatMap((method) => claims.map((some) => ({ path, method, some }))),
    );
    await Promise.all(
      asked.map(async ({ path, method, some }) => {
        const all = { iss: 'https://login.shop.example', sub: 'ada', aud, iat: now, exp: now + 300, ...some };
        const credential: Credential = some
          ? { kind: 'jwt', header: { alg: 'ES256', kid: 'one' }, claims: all, bytes: 500, signature: 'valid' }
          : { kind: 'none' };
        const peer = peers[as];
        const { outcome } = decide(index, {
          point: point as Point,
          ...(peer !== undefined && { peer }),
          method,
          authority: HOST,
          path,
          headers: [],
          credential,
          sourceAddress: '127.0.0.1',
          now,
        });
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        const token = some && running.token(some);
        const ask = () => running.ask(key, as, { path, method, ...(token !== undefined && { token }) });
        let [answered] = await ask();
        // None of these is undecided, but on a busy machine the decision service may not answer in time.
        for (let again = 0; answered === 503 && again < 5; again += 1) [answered] = await ask();
        const expected = outcome === 'allow' ? 200 : STATUS[outcome];
        expect([key, as, method, path.replace(LONG, 'LONG'), some, answered]).toEqual([
          key,
          as,
          method,
          path.replace(LONG, 'LONG'),
          some,
          expected,
        ]);
      }),
    );
  }
  expect([...outcomes.keys()].toSorted()).toEqual([
    'allow',
    'forbidden',
    'invalidToken',
    'nonCanonical',
    'stepUp',
    'tokenRequired',
  ]);
});

test('one that hangs is ended, and another takes its place', async () => {
  const point = SIDECAR;
  const { healthPort } = running.agents.get(point)!.options;
  const report = { path: `${LONG}/9`, token: staff() };
  const first = running.decisionPid(point);
  process.kill(first, 'SIGSTOP');
  expect(await asUser(point, report)).toEqual([503, 'unavailable']);
  await eventually(async () => !(await isHealthy(healthPort)), 'it is not healthy');
  await eventually(async () => (await status(point, report)) === 200, 'another is there');
  expect(running.decisionPid(point)).not.toBe(first);
});

test('what is revoked reaches it, one that is started again too, and more of it than Envoy takes in', async () => {
  const report = { path: `${LONG}/5`, token: running.token({ groups: ['staff'], jti: 'stolen' }) };
  const other = { ...report, token: staff() };
  const everywhere = async (asked: Asked, expected: number) => {
    for (const point of POINTS)
      await eventually(async () => (await status(point, asked)) === expected, `${expected} at ${point}`);
  };
  await everywhere(report, 200);
  running.revoke(4, { kind: 'rule', rule: 'reports', until: FAR });
  await everywhere(other, 403);
  for (const point of POINTS) process.kill(running.decisionPid(point), 'SIGKILL');
  await everywhere(other, 503);
  await everywhere(other, 403);
  running.revoke(5);
  await everywhere(other, 200);
  const subjects = Array.from({ length: 6 }, (_, at) => ({
    kind: 'subject' as const,
    issuer: 'people',
    value: `user-${at}`,
    until: FAR,
  }));
  running.revoke(6, ...subjects, { kind: 'token', issuer: 'people', value: 'stolen', until: FAR });
  await everywhere(report, 401);
  await everywhere(other, 200);
  // Envoy's own rules know nothing of so many, so it asks about everything.
  const plain = { path: '/plain', token: running.token({ sub: 'user-3' }) };
  for (const point of POINTS) {
    expect(await status(point, plain)).toBe(401);
    expect(await status(point, { path: '/plain', token: staff() })).toBe(200);
  }
  running.revoke(7);
  await everywhere(plain, 200);
});

test('a key that the issuer has made is taken through the tunnel, and one it has removed is not', async () => {
  const next = issuerKey('ES256', 'two');
  running.keys.push(next);
  const path = `${LONG}/1`;
  const renewed = () => running.token({ groups: ['staff'] }, next);
  for (const point of POINTS)
    await eventually(async () => (await status(point, { path, token: renewed() })) === 200, 'it is taken');
  const [first] = running.keys.splice(0, 1);
  for (const point of POINTS) {
    await eventually(
      async () => (await direct(point, running.token({ groups: ['staff'] }, first))) === 401,
      'it is dead',
    );
    expect(await direct(point, renewed())).toBe(point === 'gateway' ? 200 : 403);
  }
  // Whoever holds the tunnel makes no key: the other end must prove the issuer's name, to the decision service itself.
  const forged = issuerKey('ES256', 'three');
  running.keys.push(forged);
  await running.serveKeys(await TestAuthority.create(certificateProfiles(600), 'taken'));
  for (const point of POINTS) {
    process.kill(running.decisionPid(point), 'SIGKILL');
    const token = running.token({ groups: ['staff'] }, forged);
    await eventually(async () => (await direct(point, token).catch(() => 0)) === 503, 'it decides nothing');
    expect(running.agents.get(point)!.output.join('\n')).toMatch(
      /"KeyFetch failed".*self.signed|certificate/,
    );
  }
});

/** Ask a decision service itself, as the Envoy of its point does. */
function direct(point: string, token: string): Promise<number | undefined> {
  const socketPath = join(running.agents.get(point)!.options.volume, 'decision.sock');
  const headers = { host: HOST, authorization: `Bearer ${token}`, 'x-ztp-source-address': '127.0.0.1' };
  return new Promise((done, fail) => {
    request({ socketPath, path: `${LONG}/1`, headers, agent: false }, (answer) =>
      done(answer.resume().statusCode),
    )
      .once('error', fail)
      .end();
  });
}

/** The TCP ports on which a process listens. */
function tcpListeners(pid: number): string[] {
  const open = execFileSync('ls', ['-l', `/proc/${pid}/fd`], { encoding: 'utf8' });
  const inodes = new Set([...open.matchAll(/socket:\[(\d+)\]/g)].map(([, inode]) => inode));
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && inodes.has(fields[9]))
    .map((fields) => fields[1]!);
}
