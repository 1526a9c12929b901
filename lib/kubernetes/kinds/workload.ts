import type { ObjectMetadata } from '../object.js';
import type { LabelSelector } from './core.js';

/** Pods that are always there: kinds of `apps` and `policy`, as far as they are written here. */
export type Deployment = {
  readonly apiVersion: 'apps/v1';
  readonly kind: 'Deployment';
  readonly metadata: ObjectMetadata;
  readonly spec: DeploymentSpec;
};

export interface DeploymentSpec {
  readonly replicas: number;
  readonly selector: LabelSelector;
  readonly strategy: {
    readonly type: 'RollingUpdate';
    readonly rollingUpdate: { readonly maxSurge: number; readonly maxUnavailable: number };
  };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

export interface PodSpec {
  readonly serviceAccountName: string;
  readonly automountServiceAccountToken: boolean;
  readonly enableServiceLinks: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: {
    readonly runAsNonRoot: boolean;
    readonly runAsUser: number;
    readonly runAsGroup: number;
    readonly fsGroup: number;
    readonly seccompProfile: { readonly type: 'RuntimeDefault' };
  };
  readonly topologySpreadConstraints: readonly TopologySpreadConstraint[];
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

export interface TopologySpreadConstraint {
  readonly maxSkew: number;
  readonly topologyKey: string;
  readonly whenUnsatisfiable: 'ScheduleAnyway';
  readonly labelSelector: LabelSelector;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imagePullPolicy?: 'IfNotPresent';
  readonly command: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: Resources;
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly securityContext: {
    readonly allowPrivilegeEscalation: boolean;
    readonly capabilities: { readonly drop: readonly string[] };
    readonly readOnlyRootFilesystem: boolean;
  };
  readonly volumeMounts: readonly {
    readonly name: string;
    readonly mountPath: string;
    readonly readOnly?: boolean;
  }[];
}

/** CPU, memory and storage of a container, as Kubernetes writes quantities. */
export interface Resources {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** One way to ask, and how often. */
export interface Probe {
  readonly exec?: { readonly command: readonly string[] };
  readonly httpGet?: { readonly path: string; readonly port: number };
  readonly tcpSocket?: { readonly port: number };
  /** Seconds. */
  readonly timeoutSeconds?: number;
  /** Seconds. */
  readonly periodSeconds: number;
  readonly failureThreshold?: number;
}

/** A name, and where the files come from. */
export type Volume = { readonly name: string } & VolumeSource;

/** One of them: whatever else Kubernetes mounts, a user may name as well. */
export interface VolumeSource {
  readonly configMap?: { readonly name: string };
  readonly projected?: { readonly sources: readonly VolumeProjection[] };
  readonly emptyDir?: { readonly sizeLimit: string };
  readonly csi?: {
    readonly driver: string;
    readonly readOnly: boolean;
    readonly volumeAttributes: Readonly<Record<string, string>>;
  };
}

export interface VolumeProjection {
  readonly serviceAccountToken?: { readonly path: string; readonly expirationSeconds: number };
  readonly configMap?: {
    readonly name: string;
    readonly items: readonly { readonly key: string; readonly path: string }[];
  };
}

export type PodDisruptionBudget = {
  readonly apiVersion: 'policy/v1';
  readonly kind: 'PodDisruptionBudget';
  readonly metadata: ObjectMetadata;
  readonly spec: { readonly maxUnavailable: number; readonly selector: LabelSelector };
};
