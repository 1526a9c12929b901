import { sameJson } from '../../plan/json.js';

/** A field that is otherwise in a cluster. */
export interface ChangedField {
  readonly path: string;
  readonly found: unknown;
  readonly expected: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The first field in which what a cluster has differs from what was applied. It may have besides what the API server adds (`DEFAULTS`), and
 * it leaves empty lists out.
 */
export function changedField(expected: unknown, found: unknown, path = ''): ChangedField | undefined {
  if (Array.isArray(expected) && Array.isArray(found) && expected.length === found.length) {
    return first(expected.keys(), (index) =>
      changedField(expected[index], found[index], `${path}[${index}]`),
    );
  }
  if (isMap(expected) && isMap(found)) {
    return first(new Set([...Object.keys(expected), ...Object.keys(found)]), (key) => {
      if (!Object.hasOwn(expected, key) && isDefault(key, found[key])) return undefined;
      return changedField(expected[key], found[key], path === '' ? key : `${path}.${key}`);
    });
  }
  if (sameJson(known(expected), known(found))) return undefined;
  return { path, found, expected };
}

/**
 * What the API server adds to policies and routes, by the names of fields: by none of these values more is open than without it
 * (Kubernetes 1.36, `pkg/apis/networking/v1/defaults.go`; the definitions of the Gateway API 1.6 and of Envoy Gateway 1.9).
 */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  protocol: ['TCP'],
  group: ['', 'gateway.networking.k8s.io'],
  kind: ['Gateway', 'Secret', 'Service'],
  weight: [1],
  type: ['Exact', 'PathPrefix'],
  mode: ['Terminate'],
  from: ['Same'],
  namespaces: [{ from: 'Same' }],
  allowedRoutes: [{ namespaces: { from: 'Same' } }],
  maxAcceptPerSocketEvent: [1],
  logging: [{ level: { default: 'warn' } }],
  matches: [[{ path: { type: 'PathPrefix', value: '/' } }]],
};

function isDefault(key: string, value: unknown): boolean {
  return Object.hasOwn(DEFAULTS, key) && DEFAULTS[key]!.some((each) => sameJson(each, value));
}

function known(value: unknown): unknown {
  return Array.isArray(value) && value.length === 0 ? undefined : value;
}

function isMap(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function first<Item>(
  items: Iterable<Item>,
  changed: (item: Item) => ChangedField | undefined,
): ChangedField | undefined {
  for (const item of items) {
    const found = changed(item);
    if (found) return found;
  }
  return undefined;
}
