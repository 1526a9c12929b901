import { type Diagnostic, excerpt } from '../diagnostic.js';
import type { Prerequisites, Settings } from './prerequisites.js';

/** What is known of a cluster. What is absent was not looked at. */
export interface ClusterState {
  /** `1.36.3`, with whatever a vendor adds. */
  readonly kubernetes?: string;
  /** The tag of istiod's image, or the release that it says it is. */
  readonly istio?: string;
  readonly meshConfig?: Settings;
  /** The values that the sidecar injector has. */
  readonly injection?: Settings;
  /** The environment of istiod's container. */
  readonly istiodEnvironment?: Settings;
  /** The tag of Envoy Gateway's image. */
  readonly envoyGateway?: string;
  /** What Envoy Gateway is told (`EnvoyGateway`). */
  readonly envoyGatewayConfig?: Settings;
  /** The release of the definitions of the Gateway API. */
  readonly gatewayApi?: string;
}

/**
 * Every way in which a cluster is not what the objects rely on: `cluster-version`, `cluster-setting`, and
 * `cluster-unknown` for what was not found. All are errors.
 */
export function checkCluster(
  { minimum, helm, forbidden }: Prerequisites,
  state: ClusterState,
  parts: readonly (keyof ClusterState)[] = minimum.envoyGateway === undefined
    ? PARTS
    : [...PARTS, ...INGRESS_PARTS],
): Diagnostic[] {
  const { meshConfig, global, pilot, gateways } = helm.istiod as Record<string, Settings | undefined>;
  const { env = {}, ...injected } = pilot ?? {};
  const { envoyGateway } = (helm['envoy-gateway']?.['config'] ?? {}) as Record<string, Settings | undefined>;
  const checks: Readonly<Record<keyof ClusterState, () => Diagnostic[]>> = {
    kubernetes: () => checkVersion('kubernetes', minimum.kubernetes, state.kubernetes!),
    istio: () => checkVersion('istio', minimum.istio, state.istio!),
    meshConfig: () => [
      ...differences('meshConfig', meshConfig ?? {}, state.meshConfig),
      ...present('meshConfig', forbidden?.meshConfig ?? [], state.meshConfig!),
    ],
    injection: () => differences('injection', { global, pilot: injected, gateways }, state.injection),
    istiodEnvironment: () => differences('istiod.env', env, state.istiodEnvironment),
    envoyGateway: () => checkVersion('envoyGateway', minimum.envoyGateway ?? '0.0', state.envoyGateway!),
    gatewayApi: () => checkVersion('gatewayApi', minimum.gatewayApi ?? '0.0', state.gatewayApi!),
    envoyGatewayConfig: () => [
      ...differences('envoyGateway', envoyGateway ?? {}, state.envoyGatewayConfig),
      ...enabled(forbidden?.envoyGatewayFlags ?? [], state.envoyGatewayConfig!),
    ],
  };
  return parts.flatMap((part) => (state[part] === undefined ? [unknown(part)] : checks[part]()));
}

/** Everything that a cluster is asked for. */
export const PARTS: readonly (keyof ClusterState)[] = [
  'kubernetes',
  'istio',
  'meshConfig',
  'injection',
  'istiodEnvironment',
];

/** What is asked besides for a gateway that is made. */
export const INGRESS_PARTS: readonly (keyof ClusterState)[] = [
  'envoyGateway',
  'envoyGatewayConfig',
  'gatewayApi',
];

/** Flags that are on, and must not be. */
function enabled(flags: readonly string[], { runtimeFlags }: Settings): Diagnostic[] {
  const { enabled: on } = (runtimeFlags ?? {}) as { readonly enabled?: readonly string[] };
  const named = Object.fromEntries((on ?? []).map((flag) => [flag, true]));
  return present('envoyGateway.runtimeFlags.enabled', flags, named);
}

function unknown(part: string): Diagnostic {
  return {
    code: 'cluster-unknown',
    severity: 'error',
    path: part,
    message: 'the cluster did not say what the manifests rely on',
    remedy: 'let whoever checks read the namespaces of Istio and Envoy Gateway, or name a file that has it',
  };
}

function checkVersion(path: string, minimum: string, found: string): Diagnostic[] {
  const [major = 0, minor = 0] = minimum.split('.').map(Number);
  const read = /(\d+)\.(\d+)/.exec(found);
  const isOld = !read || Number(read[1]) < major || (Number(read[1]) === major && Number(read[2]) < minor);
  if (!isOld) return [];
  return [
    {
      code: 'cluster-version',
      severity: 'error',
      path,
      message: 'the release is older than what the manifests were made for',
      found: excerpt(found),
      expected: `${minimum} or newer`,
      remedy: 'upgrade it before the manifests are applied',
    },
  ];
}

/**
 * What is expected must be there with the same value; what is there besides is somebody else's. A named thing is ours as a
 * whole: one more field of an extension provider changes what is asked.
 */
function differences(path: string, expected: unknown, found: unknown, isWhole = false): Diagnostic[] {
  if (isWhole && Array.isArray(expected) && Array.isArray(found) && found.length > expected.length)
    return [setting(path, found, expected)];
  if (Array.isArray(expected)) {
    return expected.flatMap((item: unknown, index) => {
      const name = nameOf(item);
      const place = `${path}[${name ?? index}]`;
      const list: readonly unknown[] = Array.isArray(found) ? found : [];
      if (name === undefined) return differences(place, item, list[index], isWhole);
      // Lists of named things have no order, and things of other names.
      const same = list.find((it) => nameOf(it) === name);
      // One that is not there is one finding, not one for everything in it.
      return same === undefined ? [setting(place, undefined, item)] : differences(place, item, same, true);
    });
  }
  if (typeof expected === 'object' && expected !== null) {
    const values = typeof found === 'object' && found !== null ? (found as Settings) : {};
    const more = Object.entries(isWhole ? values : {}).filter(([key]) => !Object.hasOwn(expected, key));
    return [
      ...more.map(([key, value]) => setting(`${path}.${key}`, value, 'none')),
      ...Object.entries(expected).flatMap(([key, value]) =>
        value === undefined ? [] : differences(`${path}.${key}`, value, values[key], isWhole),
      ),
    ];
  }
  // Helm writes some values as texts.
  if (found === expected || String(found) === String(expected)) return [];
  return [setting(path, found, expected)];
}

function setting(path: string, found: unknown, expected: unknown): Diagnostic {
  return {
    code: 'cluster-setting',
    severity: 'error',
    path,
    message: found === undefined ? 'the setting is absent' : 'the setting has another value',
    ...(found !== undefined && { found: excerpt(found) }),
    expected: excerpt(expected),
    remedy: 'set it by the values of `helm.istiod` in the prerequisites',
  };
}

/** What must not be there, and is. */
function present(path: string, names: readonly string[], found: Settings): Diagnostic[] {
  return names.flatMap((name) => {
    const value = found[name];
    if (value === undefined || value === null || (Array.isArray(value) && value.length === 0)) return [];
    return [
      {
        code: 'cluster-setting',
        severity: 'error',
        path: `${path}.${name}`,
        message: 'the setting opens what the manifests close',
        found: excerpt(value),
        expected: 'none',
        remedy: 'take it out of the configuration of the mesh',
      },
    ];
  });
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { name } = item as Settings;
  return typeof name === 'string' ? name : undefined;
}
