const EXTENSIONS = 'type.googleapis.com/envoy.extensions.';

/** The type URL of an Envoy extension: `extension('filters.http.rbac.v3.RBAC')`. */
export function extension(name: string): string {
  return `${EXTENSIONS}${name}`;
}

/** A duration as protobuf's JSON writes it. */
export function seconds(value: number): string {
  return `${value}s`;
}
