import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plan } from '../../../lib/plan/plan.js';
import { POINTS } from './model.js';
import type { Mutant } from './mutants.js';
import type { Verdict } from './trial.js';
import { generated } from './world.js';

/** The committed outcome of a whole run. */
export interface Result {
  /** Of what the verdicts depend on: see `inputsOf`. */
  readonly inputs: string;
  /** Of what was mutated: see `configurationOf`. */
  readonly configuration: string;
  readonly envoy: string;
  readonly killedByLoad: number;
  readonly killedByBehaviour: number;
  readonly survived: number;
  /** By mutant: `load: exited`, `behaviour: <probe>` or `survived`. */
  readonly verdicts: Readonly<Record<string, string>>;
}

/** Mutants that live, and why they may. */
export interface Survivors {
  readonly reason: string;
  readonly mutants: readonly string[];
}

const RESULT = join(__dirname, 'result.json');
const SURVIVORS = join(__dirname, 'survivors.json');
/** What an interrupted run had found; git ignores it. */
const PROGRESS = join(__dirname, 'progress.log');

export function readResult(): Result {
  return JSON.parse(readFileSync(RESULT, 'utf8')) as Result;
}

export function readSurvivors(): Survivors[] {
  return JSON.parse(readFileSync(SURVIVORS, 'utf8')) as Survivors[];
}

/** A digest of the configuration's bytes and the Envoy. */
export function configurationOf(plan: Plan, envoy: string): string {
  const hash = createHash('sha256').update(envoy);
  for (const point of POINTS) hash.update(JSON.stringify(generated(plan, point, '/secrets')));
  return hash.digest('hex');
}

/** A digest of the configuration, and of the sources of the mutants and the probes. */
export function inputsOf(plan: Plan, envoy: string): string {
  const hash = createHash('sha256').update(configurationOf(plan, envoy));
  const sources = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .sort();
  for (const name of sources) hash.update(name).update(readFileSync(join(__dirname, name)));
  return hash.digest('hex');
}

export function verdictText(verdict: Verdict): string {
  return verdict.killed ? `${verdict.by}: ${verdict.how}` : 'survived';
}

/** What a run has found so far, which the next run goes on from if nothing has changed. */
export class Progress {
  readonly verdicts = new Map<string, string>();

  constructor(readonly inputs: string) {
    const [head, ...lines] = existsSync(PROGRESS) ? readFileSync(PROGRESS, 'utf8').split('\n') : [];
    if (head !== inputs) {
      writeFileSync(PROGRESS, `${inputs}\n`);
      return;
    }
    for (const line of lines) {
      const [id, verdict] = line.split('\t');
      if (id && verdict) this.verdicts.set(id, verdict);
    }
  }

  add(id: string, verdict: string): void {
    this.verdicts.set(id, verdict);
    appendFileSync(PROGRESS, `${id}\t${verdict}\n`);
  }

  /**
   * What a committed result of the same configuration killed stays dead: probes that were added since can
   * only kill more. Only its survivors are judged again.
   */
  takeKills(configuration: string): void {
    if (!existsSync(RESULT)) return;
    const earlier = readResult();
    if (earlier.configuration !== configuration) return;
    for (const [id, verdict] of Object.entries(earlier.verdicts)) {
      if (verdict !== 'survived' && !this.verdicts.has(id)) this.add(id, verdict);
    }
  }

  /** The run is whole: keep what it found, in the order of the mutants. */
  finish(mutants: readonly Mutant[], configuration: string, envoy: string): Result {
    const verdicts = Object.fromEntries(mutants.map(({ id }) => [id, this.verdicts.get(id)!]));
    const count = (kind: string) =>
      Object.values(verdicts).filter((verdict) => verdict.startsWith(kind)).length;
    const result: Result = {
      inputs: this.inputs,
      configuration,
      envoy,
      killedByLoad: count('load'),
      killedByBehaviour: count('behaviour'),
      survived: count('survived'),
      verdicts,
    };
    writeFileSync(RESULT, `${JSON.stringify(result, null, 2)}\n`);
    rmSync(PROGRESS, { force: true });
    return result;
  }
}

/** What is wrong with a result: mutants that live without a reason, and reasons for what is dead or gone. */
export function objections(result: Result, survivors: readonly Survivors[]): string[] {
  const listed = new Set(survivors.flatMap(({ mutants }) => mutants));
  const unlisted = Object.keys(result.verdicts).filter(
    (id) => result.verdicts[id] === 'survived' && !listed.has(id),
  );
  const needless = [...listed].filter((id) => result.verdicts[id] !== 'survived');
  return [
    ...unlisted.map((id) => `survives, and no reason is listed: ${id}`),
    ...needless.map(
      (id) => `is listed as a survivor, and is ${result.verdicts[id] ?? 'not a mutant'}: ${id}`,
    ),
    ...survivors.filter(({ reason }) => reason.trim() === '').map(() => 'a reason is empty'),
  ];
}
