import { answerTo, type HttpAnswer, type RestAnswer } from './answer.js';
import { readEvent } from './event.js';
import { EnforcementPoint, type PointOptions } from './point.js';
import { STATUSES } from './statuses.js';

/** A Lambda authorizer of API Gateway. Rejects with nothing but `Unauthorized` (401) and `Unavailable` (500). */
export type Handler = (event: unknown) => Promise<RestAnswer | HttpAnswer>;

/** The handler of one function. Throws what `EnforcementPoint` throws: then nothing is admitted. */
export function createHandler(options: PointOptions): Handler {
  const point = new EnforcementPoint(options);
  return async (event) => {
    const read = readEvent(event, point.apis);
    return answerTo(read, await point.decide(read.request, STATUSES[read.form]));
  };
}
