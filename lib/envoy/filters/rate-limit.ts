import type { Template } from '../../plan/refs.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

/** Does nothing until a service brings its limit. */
export function rateLimitFilter(): Template {
  return {
    name: FILTERS.rateLimit,
    typed_config: {
      '@type': extension('filters.http.local_ratelimit.v3.LocalRateLimit'),
      stat_prefix: 'rate_limit',
    },
  };
}

/** Requests a second of one service at this point; a burst of one second's worth. 429 above. */
export function rateLimitPerService(requestsPerSecond: number): Template {
  const always = { default_value: { numerator: 100 } };
  return {
    '@type': extension('filters.http.local_ratelimit.v3.LocalRateLimit'),
    stat_prefix: 'rate_limit',
    token_bucket: {
      max_tokens: requestsPerSecond,
      tokens_per_fill: requestsPerSecond,
      fill_interval: '1s',
    },
    filter_enabled: always,
    filter_enforced: always,
  };
}
