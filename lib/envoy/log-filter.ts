import type { Template } from '../plan/refs.js';
import { extension } from './types.js';

/** `envoy.config.accesslog.v3.AccessLogFilter`: which requests a logger or a local reply is for. */
export type LogFilter = Template;

/** What an expression in CEL's own text says of the request and of how it was answered. */
export function celFilter(expression: string): LogFilter {
  return {
    extension_filter: {
      name: 'cel',
      typed_config: {
        '@type': extension('access_loggers.filters.cel.v3.ExpressionFilter'),
        expression,
      },
    },
  };
}

export function methodIs(method: string): LogFilter {
  return { header_filter: { header: { name: ':method', string_match: { exact: method } } } };
}

export function and(...filters: readonly LogFilter[]): LogFilter {
  return { and_filter: { filters } };
}
