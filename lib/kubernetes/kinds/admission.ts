import type { ObjectMetadata } from '../object.js';
import type { LabelSelector } from './core.js';

/** `admissionregistration.k8s.io`; expressions are CEL. */
export type ValidatingAdmissionPolicy = {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingAdmissionPolicy';
  readonly metadata: ObjectMetadata;
  readonly spec: ValidatingAdmissionPolicySpec;
};

export interface ValidatingAdmissionPolicySpec {
  readonly failurePolicy: 'Fail';
  readonly matchConstraints: { readonly resourceRules: readonly ResourceRule[] };
  readonly matchConditions?: readonly NamedExpression[];
  readonly variables?: readonly NamedExpression[];
  readonly validations: readonly {
    readonly expression: string;
    readonly message: string;
    readonly reason: 'Forbidden';
  }[];
}

export interface ResourceRule {
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly operations: readonly ('CREATE' | 'UPDATE' | 'DELETE')[];
  readonly resources: readonly string[];
}

export interface NamedExpression {
  readonly name: string;
  readonly expression: string;
}

export type ValidatingAdmissionPolicyBinding = {
  readonly apiVersion: 'admissionregistration.k8s.io/v1';
  readonly kind: 'ValidatingAdmissionPolicyBinding';
  readonly metadata: ObjectMetadata;
  readonly spec: ValidatingAdmissionPolicyBindingSpec;
};

export interface ValidatingAdmissionPolicyBindingSpec {
  readonly policyName: string;
  readonly validationActions: readonly 'Deny'[];
  readonly matchResources?: { readonly namespaceSelector: LabelSelector };
}
