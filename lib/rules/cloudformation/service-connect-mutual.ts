import { type TemplateCheck, violation } from './support/check.js';
import { at, boolean, mapsOf, referencesIn, shown, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import { isRecord, type Resource } from './support/template.js';
import type { Properties, Value } from './support/value.js';

/** `mTLS`, `m-tls`, `OrdersMtls`, `mutual TLS`; not the `mtls` inside another word. */
const MUTUAL = [
  /(?<![a-z])m[-_ ]?tls(?![a-z]{2})/i,
  /[a-z0-9]M(?:TLS|tls)/,
  /mutual[-_ ]?(?:tls|auth)/i,
  /two[-_ ]?way[-_ ]?tls/i,
];
const NEGATED = /(?<![a-z])(?:no|non|not|without)[-_ ]/i;
/** A tag says it whole: `mtls` and `mutual TLS` do, `mtls-ca-of-the-edge` is about something else. */
const WHOLE = /^(?:m[-_ ]?tls|(?:mutual|two[-_ ]?way)[-_ ]?(?:tls|auth(?:entication)?))$/i;
const NO = /^(?:false|no|off|none|0|disabled)$/i;
/** Names that constructs have for what they make themselves. */
const OWN = /^(?:Resource|Default|Service|Cluster)$/;

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
    const properties = reading.properties(service);
    const name =
      [nameOf(service), ...namesIn(properties), ...namespaceOf(connect, reading)].find(
        (one) => MUTUAL.some((form) => form.test(one)) && !NEGATED.test(one),
      ) ?? mapsOf(properties['Tags']).flatMap(claimOf)[0];
    if (name === undefined) return [];
    return [
      violation([key], 'this is not mutual TLS', { found: shown(name), expected: 'a name that says TLS' }),
    ];
  },
};

/** What its author calls it: the construct's own name, without the stacks and parts that it is in. */
function nameOf({ raw, logicalId }: Resource): string {
  const metadata = raw['Metadata'];
  const path = isRecord(metadata) ? metadata['aws:cdk:path'] : undefined;
  if (typeof path !== 'string') return logicalId;
  return path.split('/').findLast((part) => !OWN.test(part)) ?? logicalId;
}

/** Names that callers and operators read. */
function namesIn(properties: Properties): string[] {
  const services = mapsOf(at(properties['ServiceConnectConfiguration'], 'Services'));
  return [
    properties['ServiceName'],
    properties['ClusterName'],
    ...services.flatMap(({ PortName: port, DiscoveryName: discovery, ClientAliases: aliases }) => [
      port,
      discovery,
      ...mapsOf(aliases).map(({ DnsName: name }) => name),
    ]),
  ].map(words);
}

function namespaceOf(connect: Value, reading: Reading): string[] {
  const namespace = at(connect, 'Namespace');
  const named = referencesIn(namespace).map(({ resource }) => words(reading.get(resource, 'Name')));
  return typeof namespace === 'string' ? [namespace] : named;
}

function claimOf({ Key: key, Value: value }: Properties): string[] {
  const [last = ''] = words(key).split(/[:/]/).slice(-1);
  if (WHOLE.test(last) && !NO.test(words(value))) return [words(key)];
  return WHOLE.test(words(value)) ? [words(value)] : [];
}
