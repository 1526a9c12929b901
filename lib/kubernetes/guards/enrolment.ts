import type { Labels } from '../workloads.js';
import { type Guard, literal, optional } from './guard.js';

const VERSION = 'pod-security.kubernetes.io/enforce-version';

/**
 * A namespace that loses a label by which the mesh, or Pod Security admission, knows it. Its status and its end are written
 * with its labels.
 */
export function enrolment(labels: Labels): Guard {
  const enforced = Object.entries(labels).filter(([key]) => !/\/(audit|warn)$/.test(key));
  return {
    id: 'enrolment',
    purpose:
      'The namespace keeps the labels that hold its pods to Pod Security and, where it is in the mesh, to the mesh.',
    remedy: 'leave its labels as the manifests of the platform have them',
    guarded: [
      {
        apiGroups: [''],
        resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
        operations: ['CREATE', 'UPDATE'],
      },
    ],
    variables: { labels: optional('object.metadata.labels', '{}') },
    validations: [
      ...enforced.map(([key, value]) => ({
        expression: `${literal(key)} in variables.labels && variables.labels[${literal(key)}] == ${literal(value)}`,
        message: `the namespace must keep the label ${key}: ${value}`,
      })),
      {
        // An old version of the standard lets pass what it did not know of.
        expression: `!(${literal(VERSION)} in variables.labels) || variables.labels[${literal(VERSION)}] == 'latest'`,
        message: `the label ${VERSION} holds pods to an older standard`,
      },
    ],
  };
}
