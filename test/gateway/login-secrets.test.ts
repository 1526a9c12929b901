import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientSecretOf, sealInForce, sealOf } from '../../gateway/agent/login-secrets.js';
import { Logins } from '../../gateway/agent/logins.js';
import { Volume } from '../../gateway/agent/volume.js';
import { handler } from '../../gateway/session-secret/index.js';
import { rotate } from '../../gateway/session-secret/rotation.js';
import { eventually } from '../local/temporary.js';

// They ask AWS and nobody else: a constant of the bundle, which a test's bundle has another value of.
jest.mock('../../lambda/registration/origin.js', () => ({
  get ORIGIN() {
    return process.env['TEST_ORIGIN'];
  },
}));

const [SESSION, CLIENT] = ['session', 'client'].map(
  (name) => `arn:aws:secretsmanager:eu-west-1:1:secret:${name}`,
) as [string, string];
const FIRST = 'first'.repeat(8);

interface Version {
  text: string;
  stages: string[];
}

/** As much of Secrets Manager as a rotation needs. */
class Secrets {
  readonly versions = new Map<string, Map<string, Version>>();
  isDown = false;

  constructor(readonly server: Server) {
    server.on('request', (request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        const action = String(request.headers['x-amz-target']).split('.')[1] ?? '';
        const answer = this.isDown
          ? undefined
          : this.#answer(action, JSON.parse(body) as Record<string, string>);
        response.writeHead(answer === undefined ? 400 : 200).end(JSON.stringify(answer ?? { __type: 'No' }));
      });
    });
  }

  put(arn: string, version: string, text: string, stages = ['AWSCURRENT']): void {
    const all = this.versions.get(arn) ?? new Map<string, Version>();
    this.versions.set(arn, all.set(version, { text, stages }));
  }

  #answer(action: string, asked: Record<string, string>): object | undefined {
    const all = this.versions.get(asked['SecretId'] ?? '') ?? new Map<string, Version>();
    const at = (stage: string) => [...all].find(([, { stages }]) => stages.includes(stage));
    switch (action) {
      case 'GetSecretValue': {
        const { VersionId: id, VersionStage: stage = 'AWSCURRENT' } = asked;
        const found = id === undefined ? at(stage)?.[1] : all.get(id);
        return found?.stages.includes(stage) ? { SecretString: found.text } : undefined;
      }
      case 'DescribeSecret':
        return { VersionIdsToStages: Object.fromEntries([...all].map(([id, { stages }]) => [id, stages])) };
      case 'PutSecretValue':
        this.put(asked['SecretId']!, asked['ClientRequestToken']!, asked['SecretString']!, ['AWSPENDING']);
        return {};
      default: {
        const [from, to] = [all.get(asked['RemoveFromVersionId']!), all.get(asked['MoveToVersionId']!)];
        if (action !== 'UpdateSecretVersionStage' || !from?.stages.includes('AWSCURRENT') || !to)
          return undefined;
        [from.stages, to.stages] = [['AWSPREVIOUS'], ['AWSCURRENT']];
        return {};
      }
    }
  }
}

let secrets: Secrets;
let folder: string;
let logins: Logins | undefined;
beforeAll(async () => {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  Object.assign(process.env, {
    TEST_ORIGIN: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret-of-the-task',
  });
  secrets = new Secrets(server);
  folder = mkdtempSync(join(tmpdir(), 'ztp-logins-'));
});
beforeEach(() => {
  secrets.isDown = false;
  secrets.versions.clear();
  secrets.put(SESSION, 'one', JSON.stringify({ secret: FIRST }));
  secrets.put(CLIENT, 'one', 'secret-of-the-client');
});
afterAll(() => {
  logins?.stop();
  secrets.server.closeAllConnections();
  secrets.server.close();
  rmSync(folder, { recursive: true, force: true });
});

const step = (Step: string, ClientRequestToken = 'two') => ({ Step, SecretId: SESSION, ClientRequestToken });
const current = () =>
  [...secrets.versions.get(SESSION)!.values()].find(({ stages }) => stages.includes('AWSCURRENT'))!;

test('a rotation makes another seal, which is in force a quarter of an hour later, everywhere at once', async () => {
  const now = new Date('2026-11-23T12:00:00Z');
  for (const name of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
    await rotate(step(name), 'eu-west-1', now);
  }
  const next = sealOf(current().text);
  expect(next).toEqual({
    secret: expect.stringMatching(/^.{64}$/),
    from: now.getTime() / 1000 + 900,
    previous: FIRST,
  });
  expect(sealInForce(next, now.getTime() + 899_000)).toBe(FIRST);
  expect(sealInForce(next, now.getTime() + 900_000)).toBe(next.secret);
  // Another before that goes on from what is in force, and after it from the new one.
  await rotate(step('createSecret', 'three'), 'eu-west-1', now);
  const later = new Date(now.getTime() + 3_600_000);
  await rotate(step('createSecret', 'four'), 'eu-west-1', later);
  const all = secrets.versions.get(SESSION)!;
  expect(sealOf(all.get('three')!.text).previous).toBe(FIRST);
  expect(sealOf(all.get('four')!.text).previous).toBe(next.secret);
});

test('a step that is done again changes nothing, and what is no step is refused', async () => {
  await handler(step('createSecret'));
  const made = secrets.versions.get(SESSION)!.get('two')!.text;
  await handler(step('createSecret'));
  expect(secrets.versions.get(SESSION)!.get('two')!.text).toBe(made);
  expect(current().text).toBe(JSON.stringify({ secret: FIRST }));
  await handler(step('finishSecret'));
  await handler(step('finishSecret'));
  expect(current().text).toBe(made);
  await expect(handler({ ...step('finishSecret'), Step: 'dropSecret' })).rejects.toThrow();
});

test('what is no secret is not taken, and is in no error', () => {
  const seals = ['', FIRST, '{}', '{"secret":"short"}', JSON.stringify({ secret: FIRST, from: 1 })];
  for (const text of seals) expect(() => sealOf(text)).toThrow(/^(?!.*first).*seals sessions/);
  expect(clientSecretOf('{"secret":"a b"}', 'secret')).toBe('a b');
  for (const [text, field] of [
    ['', undefined],
    ['line\n', undefined],
    ['{"a":1}', 'a'],
    ['{"a":"x"}', 'b'],
    ['x', 'a'],
  ] as const) {
    expect(() => clientSecretOf(text, field)).toThrow(/client's secret/);
  }
});

test('they are laid where Envoy reads them, followed, and stay while nobody answers', async () => {
  const lines: string[] = [];
  const volume = new Volume(folder);
  logins = new Logins({
    sources: { 'services/desk/login': { client: { secretArn: CLIENT }, session: { secretArn: SESSION } } },
    region: 'eu-west-1',
    volume,
    log: (event, fields) => lines.push(JSON.stringify({ event, ...fields })),
    interval: 20,
  });
  const laid = (name: string) => {
    const file = JSON.parse(readFileSync(join(folder, 'logins', 'desk', `${name}.json`), 'utf8')) as {
      resources: [{ name: string; generic_secret: { secret: { inline_string: string } } }];
    };
    expect(file.resources[0].name).toBe(name);
    return file.resources[0].generic_secret.secret.inline_string;
  };
  secrets.isDown = true;
  await expect(logins.load()).rejects.toMatchObject({
    code: 'login-secret-unavailable',
    retryAfterSeconds: 1,
  });
  secrets.isDown = false;
  await logins.load();
  expect([laid('client'), laid('session')]).toEqual(['secret-of-the-client', FIRST]);
  logins.follow();

  const from = Math.ceil(Date.now() / 1000) + 1;
  const next = 'second'.repeat(8);
  secrets.put(SESSION, 'one', JSON.stringify({ secret: next, from, previous: FIRST }));
  secrets.put(CLIENT, 'one', 'another-secret');
  await eventually(() => laid('client') === 'another-secret', 'the new secret of the client');
  expect(laid('session')).toBe(FIRST);
  // By then what it knows is enough.
  secrets.isDown = true;
  await eventually(() => laid('session') === next, 'the new seal');
  expect(Date.now()).toBeGreaterThanOrEqual(from * 1000);
  await eventually(() => lines.join().includes('login-secret-unavailable'), 'a failure');
  secrets.isDown = false;
  secrets.put(SESSION, 'one', JSON.stringify({ secret: 'short' }));
  await eventually(() => lines.join().includes('unusable-login-secret'), 'another failure');
  expect([laid('client'), laid('session')]).toEqual(['another-secret', next]);
  // A disk that takes nothing is told of, and looked at again.
  const install = jest.spyOn(volume, 'installLoginSecret').mockImplementation(() => {
    throw new Error('no space left');
  });
  await eventually(() => lines.join().includes('no space left'), 'a failed write');
  install.mockRestore();
  secrets.put(SESSION, 'one', JSON.stringify({ secret: 'third'.repeat(8) }));
  await eventually(() => laid('session') === 'third'.repeat(8), 'the seal after it');
  for (const secret of ['another-secret', next, FIRST]) expect(lines.join()).not.toContain(secret);
});
