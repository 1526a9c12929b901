import { request } from 'node:https';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { isHealthy } from '../../../gateway/agent/health.js';
import { eventually, program } from '../../local/temporary.js';
import type { AgentProcess } from '../support/agent-process.js';
import { listens, type Place, TestMesh } from '../support/mesh.js';

const PAYMENTS = 'services/payments/sidecar';

/** A task of payments, and where it is reached. */
interface Task {
  readonly agent: AgentProcess;
  readonly at: Place;
}

let mesh: TestMesh;
let orders: { readonly cert: string; readonly key: string };
let envoy: string;
/** Where callers are led, as Cloud Map has it: tasks that are healthy. */
let registered: readonly Task[];
beforeAll(async () => {
  mesh = await TestMesh.create();
  orders = await mesh.leaf(mesh.plan.services['orders']!.sidecar.spiffeId);
  envoy = (await findEnvoy()).path;
  await mesh.application('payments');
});
afterAll(() => mesh.close());

/** A task with that program for its Envoy, beside the others. */
async function start(name: string, path = envoy): Promise<Task> {
  const at = await mesh.free(name, 15_006);
  const ready = await mesh.free(name, 15_021);
  const options = await mesh.options(PAYMENTS);
  const [listen, probe] = [`${PAYMENTS}/listen`, `${PAYMENTS}/ready`];
  const refs = {
    ...mesh.refs,
    ...{ [`${listen}/address`]: at.address, [`${listen}/port`]: at.port },
    ...{ [`${probe}/address`]: ready.address, [`${probe}/port`]: ready.port },
  };
  const volume = join(options.volume, name);
  const agent = await mesh.agent(PAYMENTS, { refs, volume, environment: { ZTP_ENVOY: path } });
  return { agent, at };
}

const isServing = ({ agent }: Task) => isHealthy(agent.options.healthPort);

/**
 * What ECS does with a service of one task, with minHealthyPercent 100 and circuitBreaker: the next task is started, and
 * takes the place of the one before when it is healthy; one that does not get healthy is taken away.
 */
async function rollout(next: Task, patience = 30_000): Promise<'done' | 'undone'> {
  const [before] = registered as [Task];
  const isDecided = async () => !next.agent.child.running || (await isServing(next));
  await eventually(isDecided, 'the end of a task, or its health', patience).catch(() => undefined);
  if (!next.agent.child.running || !(await isServing(next))) {
    await next.agent.child.stop();
    return 'undone';
  }
  registered = [next];
  before.agent.terminate();
  await before.agent.ended();
  return 'done';
}

/** A call of orders, by a connection of its own. */
function call(path: string): Promise<number> {
  const { address, port } = registered[0]!.at;
  const headers = { host: mesh.plan.services['payments']!.authority };
  return new Promise((done, failed) => {
    request(
      { host: address, port, path, headers, ...orders, rejectUnauthorized: false, agent: false },
      (answer) => answer.resume().on('end', () => done(answer.statusCode ?? 0)),
    )
      .on('error', failed)
      .end();
  });
}

/** What callers are answered while something is done: at least once before and once after. */
async function answersDuring(work: () => Promise<unknown>): Promise<Set<number>> {
  const answers = new Set<number>();
  let isOver = false;
  const calls = (async () => {
    do {
      answers.add(await call('/charges/1'));
      await setTimeout(20);
    } while (!isOver);
  })();
  await work().finally(() => {
    isOver = true;
  });
  await calls;
  answers.add(await call('/charges/1'));
  return answers;
}

test('an Envoy that does not take its configuration, or ends, or never answers takes nobody’s place; another one does, and the one before comes back', async () => {
  const folder = mesh.state.path;
  const broken: readonly [name: string, script: string, patience?: number][] = [
    ['knows-other-words', `exec '${envoy}' --unknown-word "$@"`],
    ['only-looks', `exec '${envoy}' --mode validate "$@"`],
    ['never-answers', 'exec sleep 60', 2000],
  ];
  registered = [await start('before')];
  await registered[0]!.agent.said('serving');
  for (const [name, script, patience] of broken) {
    const next = await start(name, program(folder, name, script));
    const done: string[] = [];
    expect(await answersDuring(async () => done.push(await rollout(next, patience)))).toEqual(new Set([200]));
    expect([name, ...done]).toEqual([name, 'undone']);
    expect(await listens(next.at)).toBe(false);
  }
  // Another program that takes the same, and then the first one again.
  const [before] = registered;
  const another = program(folder, 'another', `exec '${envoy}' "$@" --cpuset-threads`);
  for (const [name, path] of [
    ['after', another],
    ['back', envoy],
  ] as const) {
    const next = await start(name, path);
    const done: string[] = [];
    expect(await answersDuring(async () => done.push(await rollout(next)))).toEqual(new Set([200]));
    expect([name, ...done]).toEqual([name, 'done']);
    // It decides as the one before did.
    expect(await call('/refunds/1')).toBe(403);
  }
  expect(await listens(before!.at)).toBe(false);
});
