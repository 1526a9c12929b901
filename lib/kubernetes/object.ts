/**
 * A Kubernetes object as plain data, in the shape in which it is written as YAML. Keys keep the order in which they
 * stand here; values are JSON.
 */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
  /** What the kind has besides: mostly `spec`, of a ConfigMap `data`. */
  readonly [field: string]: unknown;
}

export interface ObjectMetadata {
  /** A DNS label, or for some kinds a DNS subdomain (RFC 1123). */
  readonly name: string;
  /** Absent for kinds of the whole cluster. */
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}
