import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ZeroTrustError } from '../diagnostic.js';
import { egressBootstrap, gatewayBootstrap, sidecarBootstrap } from '../envoy/bootstrap.js';
import { keyTunnelBootstrap, keyTunnelSpiffeId, type PointProfile } from '../envoy/index.js';
import { canonicalJson } from '../plan/json.js';
import { KEY_TUNNEL } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { withRefs } from '../plan/stand-ins.js';
import type { Template } from '../plan/refs.js';
import { deferredRules, type PointRules, pointRules } from './rules.js';

/** What an agent needs to be one point of a plan, but for the values of its refs. */
export interface PointConfiguration {
  readonly version: 2;
  /** The point's key. */
  readonly point: string;
  /** The one name that the agent accepts in its certificate. */
  readonly spiffeId: string;
  readonly trustDomain: string;
  /** Of a gateway: the public hosts that it serves. */
  readonly hosts?: readonly string[];
  readonly bootstrap: Template;
  /** What the watched file of rules is compiled from; the key tunnel has none. */
  readonly rules?: PointRules;
  /** Of the decision service beside the point, where one stands. */
  readonly decision?: DecisionConfiguration;
}

/** What a decision service is started with; what is revoked it is told while it runs. */
export interface DecisionConfiguration {
  /** Its `policy.json`. */
  readonly policy: Template;
  /** How many entries a revocation document may have: as many as it looks up, not what an Envoy takes in. */
  readonly maxRevocations: number;
}

const TEMPLATE = z.custom<Template>((value) => typeof value === 'object' && value !== null);
const SCHEMA = z.strictObject({
  version: z.literal(2),
  point: z.string().min(1),
  spiffeId: z.string().startsWith('spiffe://'),
  trustDomain: z.string().min(1),
  hosts: z.array(z.string()).optional(),
  bootstrap: TEMPLATE,
  rules: z.custom<PointRules>((value) => typeof value === 'object' && value !== null).optional(),
  decision: z.strictObject({ policy: TEMPLATE, maxRevocations: z.int().positive() }).optional(),
});

/** The configuration of a point of a plan, the key tunnel included. */
export function pointConfiguration(
  plan: Plan,
  point: string,
  profile: PointProfile = {},
): PointConfiguration {
  const { trustDomain } = plan;
  if (point === KEY_TUNNEL) {
    const spiffeId = keyTunnelSpiffeId(plan);
    const bootstrap = withRefs(plan, keyTunnelBootstrap(plan));
    return { version: 2, point, spiffeId, trustDomain, bootstrap };
  }
  const rules = deferredRules(plan, pointRules(plan, point, profile));
  // The rules are compiled where they are in force.
  const part = partOf(plan, point, profile);
  const bootstrap = withRefs(plan, part.bootstrap);
  const hosts = plan.gateway.services.map((name) => plan.services[name]!.authority);
  const gateway = point === plan.gateway.key && { hosts };
  return { version: 2, point, spiffeId: part.spiffeId, trustDomain, ...gateway, bootstrap, rules };
}

function partOf(
  plan: Plan,
  point: string,
  profile: PointProfile,
): { readonly spiffeId: string; readonly bootstrap: Template } {
  const { egress, gateway, services } = plan;
  if (egress && point === egress.key) {
    return { spiffeId: egress.spiffeId, bootstrap: egressBootstrap(plan, egress, profile) };
  }
  const service = Object.values(services).find(({ sidecar }) => sidecar.key === point);
  return service
    ? { spiffeId: service.sidecar.spiffeId, bootstrap: sidecarBootstrap(plan, service.name, profile) }
    : { spiffeId: gateway.spiffeId, bootstrap: gatewayBootstrap(plan, profile) };
}

/** The bytes of a configuration: equal configurations have equal bytes. */
export function configurationText(configuration: PointConfiguration): string {
  return canonicalJson(configuration);
}

/** The name of those bytes: SHA-256 in hex. */
export function configurationHash(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Read a configuration. Throws `invalid-configuration` unless the bytes have that hash and that form. */
export function readConfiguration(bytes: Uint8Array, hash: string): PointConfiguration {
  const found = configurationHash(bytes);
  if (found !== hash) throw invalid(`its hash is ${found}, and ${hash} is expected`);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid('it is not JSON');
  }
  const { data, error } = SCHEMA.safeParse(value);
  if (!data) throw invalid(z.prettifyError(error));
  return data;
}

function invalid(why: string): ZeroTrustError {
  return new ZeroTrustError('invalid-configuration', `the configuration is not taken: ${why}`);
}
