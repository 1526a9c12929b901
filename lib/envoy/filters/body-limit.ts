import type { Template } from '../../plan/refs.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

/** 413 for a body above the limit, which is known only by holding it back until it is whole. */
export function bodyLimitFilter(maxBodyBytes: number): Template {
  return {
    name: FILTERS.bodyLimit,
    typed_config: {
      '@type': extension('filters.http.buffer.v3.Buffer'),
      max_request_bytes: maxBodyBytes,
    },
  };
}

/** A gRPC stream has no end to wait for. */
export function noBodyLimit(): Template {
  return { '@type': extension('filters.http.buffer.v3.BufferPerRoute'), disabled: true };
}
