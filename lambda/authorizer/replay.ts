import { type AwsEnvironment, askAws, endpointOf } from './aws-request.js';
import type { Proofs } from './data.js';
import type { FetchText } from './fetch-text.js';
import type { ProofSeen } from './proof.js';

/** Remembers which proofs were used. */
export interface ReplayStore {
  /** Use a proof up: false if it was used before. Throws if that cannot be known. */
  use(proof: ProofSeen): Promise<boolean>;
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

/** Proofs that one environment remembers; beyond them none is taken. */
const MAX_PROOFS = 100_000;

/**
 * This environment alone: a proof that another one takes is not known here. It stops the repetition of a
 * request on its way, not somebody who sends a stolen proof often enough to reach another environment.
 */
export class MemoryReplay implements ReplayStore {
  readonly #until = new Map<string, number>();

  constructor(readonly clock: () => number) {}

  use({ id, until }: ProofSeen): Promise<boolean> {
    const now = this.clock() / 1000;
    if (this.#until.has(id)) return Promise.resolve(false);
    // Oldest first: what was used first ends first, give or take the age that a proof may have.
    for (const [known, end] of this.#until) {
      if (end > now) break;
      this.#until.delete(known);
    }
    if (this.#until.size >= MAX_PROOFS) return Promise.reject(new Error('too many proofs are remembered'));
    this.#until.set(id, until);
    return Promise.resolve(true);
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
