import type { Template } from '../../plan/refs.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

export function routerFilter(): Template {
  return {
    name: FILTERS.router,
    typed_config: {
      '@type': extension('filters.http.router.v3.Router'),
      // No `x-envoy-*` header of a client or of ours changes or tells anything.
      suppress_envoy_headers: true,
    },
  };
}
