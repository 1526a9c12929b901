import type { ObjectMetadata } from '../object.js';

/**
 * Kinds of Kubernetes' own groups `core` and `rbac.authorization.k8s.io`, as far as they are written here. Every kind is an
 * alias: an interface would be no `KubernetesObject`, whose further fields are unknown.
 */
export type Namespace = {
  readonly apiVersion: 'v1';
  readonly kind: 'Namespace';
  readonly metadata: ObjectMetadata;
};

export type ServiceAccount = {
  readonly apiVersion: 'v1';
  readonly kind: 'ServiceAccount';
  readonly metadata: ObjectMetadata;
  readonly automountServiceAccountToken: boolean;
};

export type ConfigMap = {
  readonly apiVersion: 'v1';
  readonly kind: 'ConfigMap';
  readonly metadata: ObjectMetadata;
  readonly immutable?: true;
  readonly data?: Readonly<Record<string, string>>;
};

export type Service = {
  readonly apiVersion: 'v1';
  readonly kind: 'Service';
  readonly metadata: ObjectMetadata;
  readonly spec: ServiceSpec;
};

export interface ServiceSpec {
  readonly selector: Readonly<Record<string, string>>;
  readonly ports: readonly ServicePort[];
}

export interface ServicePort {
  readonly name: string;
  readonly appProtocol: string;
  readonly port: number;
  readonly targetPort: number;
}

/** Empty, it selects everything. */
export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

/** An object of a namespace that is known from where it is named; the group of Kubernetes' own is empty. */
export interface LocalReference {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

export type Role = {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'Role';
  readonly metadata: ObjectMetadata;
  readonly rules: readonly PolicyRule[];
};

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  /** @default any name */
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export type RoleBinding = {
  readonly apiVersion: 'rbac.authorization.k8s.io/v1';
  readonly kind: 'RoleBinding';
  readonly metadata: ObjectMetadata;
  readonly roleRef: { readonly apiGroup: string; readonly kind: 'Role'; readonly name: string };
  readonly subjects: readonly {
    readonly kind: 'ServiceAccount';
    readonly name: string;
    readonly namespace: string;
  }[];
};
