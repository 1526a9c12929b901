import type { Template } from '../plan/refs.js';
import { NOT_PUBLIC } from './egress-public-address.js';
import { DENIED, forbidden, mapper, notCanonical, unavailable } from './local-reply.js';
import { celFilter, type LogFilter } from './log-filter.js';

/** What a refusal of the egress gateway looks like: as elsewhere, and 502 where the name leads inside. */
export function egressReply(): Template {
  return {
    mappers: [notCanonical(), mapper(ledInside(), 502, 'bad destination'), forbidden(), unavailable()],
  };
}

/** The rules admitted it, and then the destination's name had an address that is not public. */
export function ledInside(): LogFilter {
  return celFilter(`response.code_details == '${DENIED}${NOT_PUBLIC}]'`);
}

export function notLedInside(): LogFilter {
  return celFilter(`response.code_details != '${DENIED}${NOT_PUBLIC}]'`);
}
