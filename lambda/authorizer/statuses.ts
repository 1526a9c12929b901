import type { Statuses } from './decision-line.js';
import type { EventForm } from './event.js';

/** What API Gateway answers: an authorizer of a REST API cannot say 400, that of an HTTP API says 403 alone. */
export const STATUSES: Readonly<Record<EventForm, Statuses>> = {
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
