import { answerTo, type HttpAnswer, type RestAnswer } from './answer.js';
import type { Statuses } from './decision-line.js';
import { type EventForm, readEvent } from './event.js';
import { EnforcementPoint, type PointOptions } from './point.js';

/** A Lambda authorizer of API Gateway. Rejects with nothing but `Unauthorized` (401) and `Unavailable` (500). */
export type Handler = (event: unknown) => Promise<RestAnswer | HttpAnswer>;

/** What API Gateway answers: an authorizer of a REST API cannot say 400, that of an HTTP API says 403 alone. */
const STATUSES: Readonly<Record<EventForm, Statuses>> = {
  rest: {
    allow: 200,
    preflight: 200,
    nonCanonical: 403,
    invalidToken: 401,
    login: 401,
    tokenRequired: 401,
    stepUp: 401,
    forbidden: 403,
    unavailable: 500,
  },
  http: {
    allow: 200,
    preflight: 200,
    nonCanonical: 403,
    invalidToken: 403,
    login: 403,
    tokenRequired: 403,
    stepUp: 403,
    forbidden: 403,
    unavailable: 500,
  },
};

/** The handler of one function. Throws what `EnforcementPoint` throws: then nothing is admitted. */
export function createHandler(options: PointOptions): Handler {
  const point = new EnforcementPoint(options);
  return async (event) => {
    const read = readEvent(event, point.apis);
    return answerTo(read, await point.decide(read.request, STATUSES[read.form]));
  };
}
