import { findEnvoy } from '../../local/envoy-binary.js';
import { judgeAll } from '../../test/engines/mutation/campaign.js';
import { mutationPlan } from '../../test/engines/mutation/model.js';
import { mutantsOf } from '../../test/engines/mutation/mutants.js';
import {
  configurationOf,
  inputsOf,
  objections,
  Progress,
  readSurvivors,
  verdictText,
} from '../../test/engines/mutation/result.js';
import type { Outcome } from '../prove.js';

/** Envoys at once: they mostly wait, for the bounds in time of what is looked at. */
const LANES = 4;
/** Milliseconds between two lines of progress where no terminal shows it in place. */
const PAUSE = 30_000;

/** Judge every mutant that an interrupted run has not judged, and compare the survivors with the list. */
export async function proveMutation(): Promise<Outcome> {
  const binary = await findEnvoy({ onProgress: (message) => console.log(message) });
  const plan = mutationPlan();
  const mutants = mutantsOf(plan);
  const configuration = configurationOf(plan, binary.version);
  const progress = new Progress(inputsOf(plan, binary.version));
  progress.takeKills(configuration);
  const waiting = mutants.filter(({ id }) => !progress.verdicts.has(id));
  const done = mutants.length - waiting.length;
  console.log(
    `${mutants.length} mutants${done > 0 ? `, ${done} judged before` : ''}; Envoy ${binary.version}`,
  );

  const interrupt = new AbortController();
  const onSignal = () => {
    process.exitCode = 130;
    interrupt.abort();
  };
  process.once('SIGINT', onSignal);
  const show = display(waiting.length);
  try {
    await judgeAll(waiting, {
      plan,
      binary,
      lanes: LANES,
      signal: interrupt.signal,
      onVerdict: ({ id }, verdict) => {
        progress.add(id, verdictText(verdict));
        show(progress);
      },
    });
  } finally {
    process.off('SIGINT', onSignal);
  }
  if (interrupt.signal.aborted) {
    return {
      holds: false,
      summary: `interrupted at ${progress.verdicts.size} of ${mutants.length}; the next run goes on there`,
    };
  }

  const result = progress.finish(mutants, configuration, binary.version);
  const wrong = objections(result, readSurvivors());
  for (const line of wrong) console.error(line);
  const { killedByLoad, killedByBehaviour, survived } = result;
  return {
    holds: wrong.length === 0,
    summary:
      `${mutants.length} mutants: ${killedByBehaviour} killed by behaviour, ${killedByLoad} refused, ` +
      `${survived} live${wrong.length === 0 ? ' for listed reasons' : `; ${wrong.length} objections`}`,
  };
}

/** How far it is, and how long it will take: in place on a terminal, a line now and then elsewhere. */
function display(total: number): (progress: Progress) => void {
  const started = performance.now();
  let judged = 0;
  let shown = Number.NEGATIVE_INFINITY;
  return ({ verdicts }) => {
    judged += 1;
    const now = performance.now();
    const isTerminal = process.stdout.isTTY;
    if (!isTerminal && judged < total && now - shown < PAUSE) return;
    shown = now;
    const minutes = (((now - started) / judged) * (total - judged)) / 60_000;
    const survivors = [...verdicts.values()].filter((verdict) => verdict === 'survived').length;
    const line = `${judged} of ${total}, ${survivors} live, ${minutes < 1 ? 'less than a minute' : `${Math.ceil(minutes)} min`} to go`;
    process.stdout.write(isTerminal ? `\r\u001b[2K${line}${judged === total ? '\n' : ''}` : `${line}\n`);
  };
}
