import { type AwsEnvironment, askAws, endpointOf } from './aws-request.js';
import type { Proofs } from './data.js';
import type { FetchText } from './fetch-text.js';
import type { ProofSeen } from './proof.js';

/** Remembers which proofs were used. */
export interface ReplayStore {
  /**
   * Use a proof up: false if it was used before. Throws if that cannot be known.
   *
   * @param holder who the token is about, in one word
   */
  use(proof: ProofSeen, holder: string): Promise<boolean>;
}

export interface ReplayAccess {
  readonly environment: AwsEnvironment;
  readonly fetchText: FetchText;
  readonly clock: () => number;
}

/** The store that the data name. */
export function replayStore({ replay }: Proofs, access: ReplayAccess): ReplayStore {
  return replay.kind === 'memory' ? new MemoryReplay(access.clock) : new TableReplay(replay, access);
}

/** Proofs that one environment remembers. */
const MAX_PROOFS = 100_000;
/** One holder has at most this part of what is left for others. */
const SHARE = 1 / 8;

/**
 * This environment alone: a proof that another one takes is not known here. It stops the repetition of a
 * request on its way, not somebody who sends a stolen proof often enough to reach another environment.
 *
 * Memory is bounded and no proof is forgotten early, so some must be refused where it fills up: those of who fills it.
 * One holder alone gets a ninth, about 180 requests a second where proofs are good for 60 s; each further one as greedy
 * leaves eight ninths of the rest. Holders are people and clients, not keys: a client makes as many keys as it likes.
 * Source: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches" (1998).
 */
export class MemoryReplay implements ReplayStore {
  readonly #used = new Set<string>();
  /** By the second from which they mean nothing. */
  readonly #ending = new Map<number, [id: string, holder: string][]>();
  readonly #held = new Map<string, number>();
  /** The latest second up to which proofs were forgotten: of one that ended by then nothing is known, whatever the clock says since. */
  #swept = 0;

  constructor(
    readonly clock: () => number,
    readonly most = MAX_PROOFS,
  ) {}

  use({ id, until }: ProofSeen, holder: string): Promise<boolean> {
    this.#forget(Math.floor(this.clock() / 1000));
    if (this.#used.has(id)) return Promise.resolve(false);
    const second = Math.ceil(until);
    // Only after the clock was set back can such a proof be young.
    if (second <= this.#swept) return Promise.reject(new Error('the proof may have been forgotten'));
    const held = this.#held.get(holder) ?? 0;
    if (held >= (this.most - this.#used.size) * SHARE) {
      return Promise.reject(new Error('too many proofs of one holder are remembered'));
    }
    this.#used.add(id);
    this.#held.set(holder, held + 1);
    const ending = this.#ending.get(second);
    if (ending) ending.push([id, holder]);
    else this.#ending.set(second, [[id, holder]]);
    return Promise.resolve(true);
  }

  /** Once a second. */
  #forget(now: number): void {
    if (now <= this.#swept) return;
    this.#swept = now;
    for (const [end, proofs] of this.#ending) {
      if (end > now) continue;
      this.#ending.delete(end);
      for (const [id, holder] of proofs) {
        this.#used.delete(id);
        const left = this.#held.get(holder)! - 1;
        if (left === 0) this.#held.delete(holder);
        else this.#held.set(holder, left);
      }
    }
  }
}

/** A table for all environments of a region: `id` its key, `until` its time to live. */
class TableReplay implements ReplayStore {
  constructor(
    readonly replay: Extract<Proofs['replay'], { kind: 'dynamodb' }>,
    readonly access: ReplayAccess,
  ) {}

  async use({ id, until }: ProofSeen): Promise<boolean> {
    const { table, endpoint } = this.replay;
    const { environment, fetchText, clock } = this.access;
    const body = JSON.stringify({
      TableName: table,
      Item: { id: { S: id }, until: { N: String(Math.ceil(until)) } },
      ConditionExpression: 'attribute_not_exists(id)',
    });
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.PutItem',
    };
    const url = new URL(endpoint ?? endpointOf('dynamodb', environment));
    const request = { service: 'dynamodb', method: 'POST', url, headers, body } as const;
    const { status, text } = await askAws(request, environment, fetchText, new Date(clock()));
    if (status === 200) return true;
    if (status === 400 && text.includes('ConditionalCheckFailedException')) return false;
    throw new Error(`the table ${table} answers ${status}`);
  }
}
