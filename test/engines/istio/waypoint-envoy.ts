import type { Template } from '../../../lib/plan/refs.js';
import type { Sidecar } from './mesh-envoy.js';

/** What a waypoint adds to a bootstrap. */
interface WaypointParts {
  readonly listeners: readonly Template[];
  readonly clusters: readonly Template[];
}

/** Names that are of one waypoint, and so of one of several in this Envoy. */
const OWN_NAMES = ['"main_internal"', '"inbound-vip|'];
/** Of Istio's build of Envoy; Envoy's own kind of it holds a text as well. */
const HELD_TEXT = '"istio.hashable_string"';

/**
 * The two listeners of a waypoint as Istio tells them: tunnels end at the first, over mutual TLS that is this test's, and
 * requests come out at the second. Left out are filters that only Istio's build of Envoy has, and traces; none decides.
 */
export function waypointParts(
  { listen, translated: { ambient, clusters } }: Sidecar,
  transport: Template,
  clusterTo: (name: string) => Template,
): WaypointParts {
  const own = (value: unknown) => named(cleaned(value) as Template, listen.port);
  const { connect_terminate: tunnels, main_internal: requests } = ambient!.listeners as unknown as Readonly<
    Record<string, Listener>
  >;
  const chains = requests!.filter_chains.filter(({ name }) => name.startsWith('inbound-vip|'));
  return {
    listeners: [
      own({
        name: `waypoint-${listen.port}`,
        address: { socket_address: { address: listen.address, port_value: listen.port } },
        filter_chains: [{ transport_socket: transport, filters: tunnels!.filter_chains[0]!.filters }],
      }),
      own({ ...requests, filter_chains: chains }),
    ],
    clusters: [
      own(clusters['main_internal']),
      ...chains.map(({ name }) => clusterTo((own({ name }) as { name: string }).name)),
    ],
  };
}

interface Listener {
  readonly filter_chains: readonly { readonly name: string; readonly filters: Template }[];
}

function named(value: Template, port: number): Template {
  const text = OWN_NAMES.reduce(
    (before, name) =>
      before.replaceAll(
        name,
        name.replace(/[|"]$/, (end) => `#${port}${end}`),
      ),
    JSON.stringify(value).replaceAll(HELD_TEXT, '"envoy.hashable_string"'),
  );
  return JSON.parse(text) as Template;
}

function cleaned(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => !isIstiosOwn(item)).map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'tracing')
      .map(([key, item]) => [key, cleaned(item)]),
  );
}

/** A filter whose configuration is of a type that Envoy itself has not. */
function isIstiosOwn(item: unknown): boolean {
  const { typed_config } = (item ?? {}) as { readonly typed_config?: { readonly type_url?: string } };
  return typed_config?.type_url?.includes('io.istio.') ?? false;
}
