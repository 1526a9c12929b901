import { type CountedBefore, Statistics } from '../../test/engines/equality/statistics.js';
import { type Campaign, Memory } from '../../test/equality/memory.js';

/** What a lane answers to one campaign. */
export type LaneAnswer = { readonly counted: CountedBefore } | { readonly disagreement: string };

/** A process of its own that tries the campaigns it is sent, so that every processor has one. */
async function serve(): Promise<void> {
  // An interruption is the parent's to hear: the block that is begun is finished.
  process.on('SIGINT', () => undefined);
  const memory = await Memory.create();
  process.on('message', (campaign: Campaign) => void answer(memory, campaign));
}

async function answer(memory: Memory, campaign: Campaign): Promise<void> {
  const statistics = new Statistics();
  try {
    await memory.explore(campaign, statistics);
    send({ counted: statistics.toJSON() });
  } catch (error) {
    send({ disagreement: error instanceof Error ? error.message : String(error) });
  }
}

function send(answered: LaneAnswer): void {
  process.send?.(answered);
}

void serve();
