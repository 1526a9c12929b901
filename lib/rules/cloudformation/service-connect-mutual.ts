import { type TemplateCheck, violation } from './support/check.js';
import { at, boolean, isMap, shown } from './support/read.js';
import { Text, type Value } from './support/value.js';

/** `mTLS`, `m-tls`, `OrdersMtls`, `mutual TLS`; not the `mtls` inside another word. */
const MUTUAL = [/(?<![a-z])m[-_ ]?tls(?![a-z]{2})/i, /[a-z0-9]M(?:TLS|tls)/, /mutual[-_ ]?(?:tls|auth)/i];

export const serviceConnectMutual: TemplateCheck = {
  id: 'service-connect-mutual',
  severity: 'error',
  reason:
    'TLS of ECS Service Connect is one-way: the server shows a certificate, the caller none. Who relies on the name mutual relies on a check that nobody makes.',
  fix: 'Call it encrypted, or let `Mesh` give both ends a certificate that each verifies.',
  types: ['AWS::ECS::Service', 'AWS::ECS::Cluster'],
  run(service, reading) {
    const isCluster = service.type === 'AWS::ECS::Cluster';
    const key = isCluster ? 'ServiceConnectDefaults' : 'ServiceConnectConfiguration';
    const connect = reading.get(service, key);
    if (connect === undefined || boolean(at(connect, 'Enabled')) === false) return [];
    const names = [
      service.logicalId,
      ...textsIn(service.raw['Metadata'] as Value),
      ...textsIn(reading.properties(service)),
    ];
    const name = names.find((candidate) => MUTUAL.some((form) => form.test(candidate)));
    if (name === undefined) return [];
    return [
      violation([key], 'this is not mutual TLS', { found: shown(name), expected: 'a name that says TLS' }),
    ];
  },
};

function textsIn(value: Value): string[] {
  if (typeof value === 'string') return [value];
  if (value instanceof Text) return value.parts.filter((part) => typeof part === 'string');
  if (Array.isArray(value)) return (value as readonly Value[]).flatMap(textsIn);
  return isMap(value) ? Object.entries(value).flatMap(([key, item]) => [key, ...textsIn(item)]) : [];
}
