import type { Template } from '../../plan/refs.js';
import type { CorsPolicy } from '../../policy/policy.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

/** Answers preflights of declared origins, on services that bring a policy. */
export function corsFilter(): Template {
  return { name: FILTERS.cors, typed_config: { '@type': extension('filters.http.cors.v3.Cors') } };
}

export function corsPerService(cors: CorsPolicy): Template {
  return {
    '@type': extension('filters.http.cors.v3.CorsPolicy'),
    allow_origin_string_match: cors.origins.map((exact) => ({ exact })),
    allow_methods: cors.methods.join(', '),
    allow_headers: cors.headers.join(', '),
    max_age: String(cors.maxAge),
    // Tokens travel in a header that scripts set; cookies are never credentials here.
    allow_credentials: false,
  };
}
