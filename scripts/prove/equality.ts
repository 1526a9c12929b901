import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { explore } from '../../test/engines/equality/explore.js';
import { Ground } from '../../test/engines/equality/ground.js';
import { type CountedBefore, Statistics } from '../../test/engines/equality/statistics.js';
import type { Campaign } from '../../test/equality/memory.js';
import type { Outcome } from '../prove.js';
import type { LaneAnswer } from './equality-lane.js';

/** Pairs of a policy and a request, in this process and over sockets at real Envoys. */
const GOALS = { memory: 1_000_000, sockets: 10_000 } as const;
/** Pairs after which what is done is written down: an interrupted run goes on there. */
const BLOCKS = {
  memory: { policies: 50, requests: 100 },
  sockets: { policies: 20, requests: 25 },
} as const;

const PROGRESS = join(__dirname, '../../test/equality/progress.log');

/** What is done of a run: blocks of its seed, in order. */
interface Progress {
  readonly seed: number;
  readonly blocks: { memory: number; sockets: number };
  readonly counted: { memory?: CountedBefore; sockets?: CountedBefore };
}

/**
 * A million random pairs against the bundled authorizer and Cedar, ten thousand against everything that listens.
 * `ZTP_PROVE_SEED` repeats a seed; without it a run goes on where the last was interrupted, or takes a new one.
 */
export async function proveEquality(): Promise<Outcome> {
  const progress = begin();
  const { seed } = progress;
  console.log(`seed ${seed}${progress.blocks.memory + progress.blocks.sockets > 0 ? ', going on' : ''}`);
  const interrupt = interruption();
  const memory = new Statistics(undefined, progress.counted.memory);
  const sockets = new Statistics(undefined, progress.counted.sockets, { behindEdge: true });
  const summary = (disagreements: number, more = '') =>
    `${memory.pairs} pairs in memory, ${sockets.pairs} over sockets, ${disagreements} disagreements, seed ${seed}${more}`;
  try {
    // The short one first: it is the one that meets real Envoys.
    await overSockets(progress, sockets, interrupt);
    await inMemory(progress, memory, interrupt);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    // What has a cause is no disagreement: an Envoy that did not start, or took too long to hear of a policy.
    if (!(error instanceof Error) || error.cause === undefined) return { holds: false, summary: summary(1) };
    console.error(error.cause);
    return { holds: false, summary: summary(0, '; stopped by an error, the next run goes on there') };
  } finally {
    print('in memory', memory);
    print('over sockets', sockets);
  }
  if (interrupt.isAsked)
    return { holds: false, summary: summary(0, '; interrupted, the next run goes on there') };
  rmSync(PROGRESS, { force: true });
  const pitfalls = [memory, sockets]
    .flatMap((one) => one.missingPitfalls())
    .map((number) => `pitfall ${number}`);
  const unmet = [...new Set([...memory.missing(), ...sockets.missing(), ...pitfalls])];
  for (const name of unmet) console.error(`never met: ${name}`);
  return {
    holds: unmet.length === 0,
    summary: summary(0, unmet.length > 0 ? `; ${unmet.length} things never met` : ''),
  };
}

async function inMemory(progress: Progress, statistics: Statistics, interrupt: Interruption): Promise<void> {
  if (statistics.pairs >= GOALS.memory || interrupt.isAsked) return;
  const lanes = Array.from({ length: availableParallelism() }, () =>
    fork(join(__dirname, 'equality-lane.ts'), { execArgv: process.execArgv }),
  );
  const show = display('in memory', GOALS.memory, statistics.pairs);
  try {
    while (statistics.pairs < GOALS.memory && !interrupt.isAsked) {
      const answers = await Promise.all(
        lanes.map((lane, at) =>
          askLane(lane, { ...BLOCKS.memory, seed: seedOf(progress.seed, progress.blocks.memory + at) }),
        ),
      );
      for (const answered of answers) {
        if ('disagreement' in answered) throw new Error(answered.disagreement);
        statistics.take(answered.counted);
      }
      progress.blocks.memory += lanes.length;
      progress.counted.memory = statistics.toJSON();
      write(progress);
      show(statistics.pairs);
    }
  } finally {
    for (const lane of lanes) lane.kill();
  }
}

async function askLane(lane: ChildProcess, campaign: Campaign): Promise<LaneAnswer> {
  lane.send(campaign);
  const ended = new AbortController();
  const gone = once(lane, 'exit', { signal: ended.signal }).then(([code, signal]) => {
    throw new Error(`a lane ended with ${String(signal ?? code)}`);
  });
  try {
    const [answered] = (await Promise.race([once(lane, 'message'), gone])) as [LaneAnswer];
    return answered;
  } finally {
    ended.abort();
    gone.catch(() => undefined);
  }
}

async function overSockets(
  progress: Progress,
  statistics: Statistics,
  interrupt: Interruption,
): Promise<void> {
  if (statistics.pairs >= GOALS.sockets || interrupt.isAsked) return;
  const ground = await Ground.create();
  const show = display('over sockets', GOALS.sockets, statistics.pairs);
  try {
    const { policies: models, requests } = BLOCKS.sockets;
    while (statistics.pairs < GOALS.sockets && !interrupt.isAsked) {
      const seed = seedOf(progress.seed, progress.blocks.sockets);
      await explore(ground, { seed, models, requests }, statistics);
      progress.blocks.sockets += 1;
      progress.counted.sockets = statistics.toJSON();
      write(progress);
      show(statistics.pairs);
    }
  } finally {
    await ground.close();
  }
}

/** A seed for each block, so that one block can be repeated by itself. */
function seedOf(seed: number, block: number): number {
  return (seed + block * 7919) % 2 ** 31;
}

function begin(): Progress {
  const { ZTP_PROVE_SEED: chosen } = process.env;
  const fresh = (seed: number): Progress => ({ seed, blocks: { memory: 0, sockets: 0 }, counted: {} });
  if (chosen !== undefined) return fresh(Number(chosen));
  if (existsSync(PROGRESS)) return JSON.parse(readFileSync(PROGRESS, 'utf8')) as Progress;
  return fresh(Math.floor(Math.random() * 2 ** 31));
}

/** Whole or not at all: an interruption may come while it is written. */
function write(progress: Progress): void {
  writeFileSync(`${PROGRESS}.new`, JSON.stringify(progress));
  renameSync(`${PROGRESS}.new`, PROGRESS);
}

interface Interruption {
  readonly isAsked: boolean;
}

function interruption(): Interruption {
  const state = { isAsked: false };
  process.once('SIGINT', () => {
    process.exitCode = 130;
    state.isAsked = true;
  });
  return state;
}

/** A line for each block that is done, in place on a terminal. */
function display(what: string, goal: number, before: number): (pairs: number) => void {
  const started = performance.now();
  return (pairs) => {
    const left = (((performance.now() - started) / (pairs - before)) * (goal - pairs)) / 60_000;
    const line = `${what}: ${pairs} of ${goal} pairs, ${Math.max(0, Math.ceil(left))} min to go`;
    if (process.stdout.isTTY) process.stdout.write(`\r\u001b[2K${line}${pairs >= goal ? '\n' : ''}`);
    else if (pairs % 50_000 < 5_000 || pairs >= goal) console.log(line);
  };
}

function print(where: string, statistics: Statistics): void {
  if (statistics.pairs === 0) return;
  console.log(`\n${where}: ${statistics.pairs} pairs`);
  const share = (count: number) => `${((100 * count) / statistics.pairs).toFixed(1)} %`;
  for (const [outcome, count] of statistics.outcomes()) {
    console.log(`${String(count).padStart(9)}  ${share(count).padStart(6)}  ${outcome}`);
  }
  for (const [engine, count] of statistics.engines()) {
    console.log(`${String(count).padStart(9)}  ${share(count).padStart(6)}  asked of: ${engine}`);
  }
  const { all, decided } = statistics.decidingRules();
  if (all > 0) console.log(`  ${decided} of ${all} rules decided some request of their policy`);
  const pitfalls = statistics.pitfalls().map(([number, count]) => `${number}: ${count}`);
  console.log(`  requests that go for a pitfall, by its number: ${pitfalls.join(', ')}`);
  console.log(statistics.table());
}
