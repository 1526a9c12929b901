import { type ParsedOperation, operationOf } from '../../operation.js';
import type { EnvoyGatewayOperation } from './rule.js';

/** An operation as Envoy Gateway says it. Exact behind the canonical filter, where every path has one spelling. */
export function operation(written: string): EnvoyGatewayOperation {
  const parsed = operationOf(written);
  return { methods: [parsed.method], path: pathOf(parsed) };
}

function pathOf({ segments, rest }: ParsedOperation): EnvoyGatewayOperation['path'] {
  if (segments.includes(undefined)) {
    const head = segments.map((segment) => `/${segment?.replaceAll('.', '\\.') ?? '[^/]+'}`).join('');
    return { type: 'RegularExpression', value: rest ? `${head}(?:/.*)?` : head };
  }
  return { type: rest ? 'PathPrefix' : 'Exact', value: `/${segments.join('/')}` };
}
