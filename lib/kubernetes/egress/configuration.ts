import { envoyFiles, peersSecret, serverSecret } from '../../envoy/index.js';
import { canonicalJson } from '../../plan/json.js';
import { EGRESS } from '../../plan/names.js';
import type { EgressNode, Plan } from '../../plan/plan.js';
import { type RefValues, substitute, type Template } from '../../plan/refs.js';
import { CONTENT_HASH, contentMap } from '../content-map.js';
import { ISTIO } from '../istio.js';
import type { ConfigMap } from '../kinds/index.js';
import { EGRESS_PORT, type EgressGatewayOptions, type IpFamily } from './options.js';

/** Folders of its container. */
export const FOLDERS = {
  configuration: '/etc/zero-trust/configuration',
  certificates: '/var/run/zero-trust/certificates',
  work: '/var/run/zero-trust/work',
} as const;

/** A regular expression for the names of all its configurations. */
export const CONFIGURATION_NAME = `^${EGRESS}-${CONTENT_HASH}$`;

const EVERY_ADDRESS = { IPv4: '0.0.0.0', IPv6: '::' } as const;

/** The authorities that every distroless image brings (Debian's `ca-certificates`). */
const PUBLIC_AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/**
 * What its Envoy reads, the same as on one machine and on AWS. The name follows from the bytes: another rule is another
 * name, and new pods. Throws `configuration-size`.
 */
export function egressConfiguration(
  plan: Plan,
  node: EgressNode,
  { ipFamily = 'IPv4' }: Pick<EgressGatewayOptions, 'ipFamily'>,
): ConfigMap {
  const { bootstrap, routes } = envoyFiles(plan, node.key, undefined, { behindIstio: true });
  const values = valuesOf(node, ipFamily);
  const text = (template: Template) => readable(substitute(template, values));
  const { certificates } = FOLDERS;
  const data = {
    'bootstrap.json': text(bootstrap),
    'routes.json': text(routes),
    'server.json': readable(serverSecret(`${certificates}/tls.crt`, `${certificates}/tls.key`, certificates)),
    'peers.json': readable(
      peersSecret(
        { [plan.trustDomain]: `${certificates}/ca.crt` },
        { file: `${certificates}/ca.crt`, directory: certificates },
      ),
    ),
  };
  return contentMap({
    namespace: plan.namespace,
    prefix: node.key,
    data,
    whole: canonicalJson(data),
    tooLarge: {
      code: 'configuration-size',
      path: 'egress',
      message: 'a ConfigMap does not take in the configuration',
      remedy: 'let less leave, or split the platform',
    },
  });
}

/** The same bytes for the same content, in lines of which a change is seen. */
function readable(content: unknown): string {
  return `${canonicalJson(content, 1)}\n`;
}

/** What only this place knows. */
function valuesOf({ key, destinations }: EgressNode, ipFamily: IpFamily): RefValues {
  const { configuration, work } = FOLDERS;
  return {
    [`${key}/admin/path`]: `${work}/admin.sock`,
    [`${key}/routes/path`]: `${configuration}/routes.json`,
    [`${key}/routes/directory`]: configuration,
    [`${key}/secrets/server`]: `${configuration}/server.json`,
    [`${key}/secrets/peers`]: `${configuration}/peers.json`,
    [`${key}/secrets/directory`]: configuration,
    [`${key}/listen/address`]: EVERY_ADDRESS[ipFamily],
    [`${key}/listen/port`]: EGRESS_PORT,
    [`${key}/ready/address`]: EVERY_ADDRESS[ipFamily],
    [`${key}/ready/port`]: ISTIO.readinessPort,
    ...Object.fromEntries(
      Object.values(destinations).flatMap(({ key: own, host, port }): [string, string | number][] => [
        [`${own}/endpoint/address`, host],
        [`${own}/endpoint/port`, port],
        [`${own}/ca/path`, PUBLIC_AUTHORITIES],
      ]),
    ),
  };
}
