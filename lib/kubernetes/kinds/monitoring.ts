import type { ObjectMetadata } from '../object.js';

/** Of the Prometheus Operator. */
export type PrometheusRule = {
  readonly apiVersion: 'monitoring.coreos.com/v1';
  readonly kind: 'PrometheusRule';
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly groups: readonly { readonly name: string; readonly rules: readonly AlertingRule[] }[];
  };
};

export interface AlertingRule {
  readonly alert: string;
  /** PromQL. */
  readonly expr: string;
  readonly labels: { readonly severity: 'warning' | 'critical' };
  readonly annotations: { readonly summary: string };
}
