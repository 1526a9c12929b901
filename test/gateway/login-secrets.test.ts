import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
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
  /** Absent until it is written. */
  text?: string;
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
          : this.#answer(action, JSON.parse(body) as Record<string, string> & { VersionStages: string[] });
        response.writeHead(answer === undefined ? 400 : 200).end(JSON.stringify(answer ?? { __type: 'No' }));
      });
    });
  }

  put(arn: string, version: string, text: string | undefined, stages = ['AWSCURRENT']): void {
    const all = this.versions.get(arn) ?? new Map<string, Version>();
    for (const stage of stages) this.#take(all, stage);
    this.versions.set(arn, all.set(version, { ...(text !== undefined && { text }), stages: [...stages] }));
  }

  at(arn: string, stage: string): [id: string, version: Version] | undefined {
    return [...(this.versions.get(arn) ?? [])].find(([, { stages }]) => stages.includes(stage));
  }

  #take(all: Map<string, Version>, stage: string): void {
    for (const version of all.values()) {
      if (!version.stages.includes(stage)) continue;
      version.stages = version.stages.filter((name) => name !== stage);
      if (stage === 'AWSCURRENT') version.stages.push('AWSPREVIOUS');
    }
  }

  #answer(action: string, asked: Record<string, string> & { VersionStages: string[] }): object | undefined {
    const arn = asked['SecretId'] ?? '';
    const all = this.versions.get(arn) ?? new Map<string, Version>();
    switch (action) {
      case 'GetSecretValue': {
        const { VersionId: id, VersionStage: stage = 'AWSCURRENT' } = asked;
        const found = id === undefined ? this.at(arn, stage)?.[1] : all.get(id);
        return found?.text !== undefined && found.stages.includes(stage)
          ? { SecretString: found.text }
          : undefined;
      }
      case 'DescribeSecret':
        return {
          VersionIdsToStages: Object.fromEntries(
            [...all].filter(([, { stages }]) => stages.length > 0).map(([id, { stages }]) => [id, stages]),
          ),
        };
      case 'PutSecretValue': {
        const { ClientRequestToken: id, SecretString: text } = asked;
        // A version that has a text has it for good.
        if (all.get(id!)?.text !== undefined && all.get(id!)!.text !== text) return undefined;
        this.put(arn, id!, text, asked.VersionStages);
        return {};
      }
      default: {
        const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = asked;
        if (action !== 'UpdateSecretVersionStage' || this.at(arn, stage!)?.[0] !== from) return undefined;
        if (to !== undefined && !all.has(to)) return undefined;
        this.#take(all, stage!);
        if (to !== undefined) all.get(to)!.stages.push(stage!);
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
const current = () => secrets.at(SESSION, 'AWSCURRENT')![1] as Required<Version>;
/** What Secrets Manager does before the first step. */
const begin = (version = 'two') => secrets.put(SESSION, version, undefined, ['AWSPENDING']);

/** The four steps, of which the last comes so many seconds after the first. */
async function rotation(now: Date, late = 0, version = 'two'): Promise<void> {
  begin(version);
  await rotate(step('createSecret', version), 'eu-west-1', now);
  const then = new Date(now.getTime() + late * 1000);
  for (const name of ['setSecret', 'testSecret', 'finishSecret']) {
    await rotate(step(name, version), 'eu-west-1', then);
  }
}

const NOON = new Date('2026-11-23T12:00:00Z');
const after = (seconds: number) => new Date(NOON.getTime() + seconds * 1000);

test('a rotation makes another seal, which is in force a quarter of an hour later, everywhere at once', async () => {
  await rotation(NOON);
  const next = sealOf(current().text);
  expect(next).toEqual({
    secret: expect.stringMatching(/^.{64}$/),
    from: NOON.getTime() / 1000 + 900,
    previous: FIRST,
  });
  expect(secrets.at(SESSION, 'AWSCURRENT')![0]).toBe('two');
  expect(sealInForce(next, after(899).getTime())).toBe(FIRST);
  expect(sealInForce(next, after(900).getTime())).toBe(next.secret);
  // Another before that is this one, and one after it goes on from it.
  await rotation(after(899), 0, 'three');
  expect(sealOf(current().text)).toEqual(next);
  expect(secrets.at(SESSION, 'AWSPENDING')?.[0]).not.toBe('three');
  await rotation(after(900), 0, 'four');
  expect(sealOf(current().text)).toMatchObject({ from: NOON.getTime() / 1000 + 1800, previous: next.secret });
});

test('a step that is done again changes nothing, and what is no step is refused', async () => {
  begin();
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

describe('a version that is finished', () => {
  test.each([
    ['in time is current', 300, true],
    ['too late for two looks is not', 301, false],
    ['after the instant that it names is not', 5000, false],
  ])('%s', async (_what, late, isCurrent) => {
    await rotation(NOON, late);
    const [version, { text }] = secrets.at(SESSION, 'AWSCURRENT')! as [string, Required<Version>];
    expect(version === 'two').toBe(isCurrent);
    expect(sealOf(text)).toMatchObject({
      from: NOON.getTime() / 1000 + 900 + (isCurrent ? 0 : late),
      previous: FIRST,
    });
    // The next rotation begins: none waits that is not the current one.
    expect([version, undefined]).toContain(secrets.at(SESSION, 'AWSPENDING')?.[0]);
    // And the step is done again, as Secrets Manager does where it had no answer.
    await rotate(step('finishSecret'), 'eu-west-1', after(late + 60));
    expect(current().text).toBe(text);
  });

  test('after somebody wrote another, which ends every session, brings back nothing', async () => {
    begin();
    await rotate(step('createSecret'), 'eu-west-1', NOON);
    secrets.put(SESSION, 'by hand', JSON.stringify({ secret: 'another'.repeat(8) }));
    await rotate(step('finishSecret'), 'eu-west-1', after(1));
    expect(sealOf(current().text).previous).toBe('another'.repeat(8));
  });
});

test('all tasks seal with the same at every instant, whatever Secrets Manager takes for its steps', async () => {
  const seconds = (max: number) => fc.integer({ min: 0, max });
  const history = fc.array(fc.record({ gap: seconds(2000), late: seconds(1500) }), {
    minLength: 1,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(history, fc.array(seconds(299), { minLength: 2, maxLength: 4 }), async (all, phases) => {
      secrets.versions.clear();
      secrets.put(SESSION, 'one', JSON.stringify({ secret: FIRST }));
      let now = 0;
      const known: [at: number, text: string][] = [[-600, current().text]];
      for (const [index, { gap, late }] of all.entries()) {
        now += gap;
        await rotation(after(now), late, `rotation-${index}`);
        now += late;
        known.push([now, current().text]);
      }
      // A task knows what it read last, every five minutes.
      const sealOfTask = (phase: number, at: number) => {
        const read = at - ((((at - phase) % 300) + 300) % 300);
        const [, text] = known.findLast(([from]) => from <= read)!;
        return sealInForce(sealOf(text), after(at).getTime());
      };
      const instants = Array.from({ length: Math.ceil((now + 2100) / 7) }, (_, index) => 7 * index - 300);
      const differ = (at: number) => new Set(phases.map((phase) => sealOfTask(phase, at))).size > 1;
      expect(instants.filter(differ)).toEqual([]);
    }),
    { numRuns: 20 },
  );
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
