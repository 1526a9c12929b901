import { POD_SECURITY } from '../namespace.js';
import type { Labels } from '../workloads.js';
import type { Deployers } from './deployers.js';
import { isOneOf } from './foreign-policy.js';
import { type Guard, literal, optional } from './guard.js';

const VERSION = 'pod-security.kubernetes.io/enforce-version';

/** Labels by which the mesh knows a namespace, and who writes others: with another revision of it the manifests have another label. */
interface Enrolled {
  readonly labels: Labels;
  readonly deployers: Deployers;
}

/**
 * A namespace that loses a label by which the mesh, or Pod Security admission, knows it. Its status and its end are written
 * with its labels.
 * @param mesh of a namespace in the mesh
 */
export function enrolment(mesh?: Enrolled): Guard {
  const enforced = Object.entries(POD_SECURITY).filter(([key]) => !/\/(audit|warn)$/.test(key));
  const keeps = ([key, value]: [string, string], unless = '') => ({
    expression: `${unless}${literal(key)} in variables.labels && variables.labels[${literal(key)}] == ${literal(value)}`,
    message: `the namespace must keep the label ${key}: ${value}`,
  });
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
      ...Object.entries(mesh?.labels ?? {}).map((each) => keeps(each, `${isOneOf(mesh!.deployers)} || `)),
      ...enforced.map((each) => keeps(each)),
      {
        // An old version of the standard lets pass what it did not know of.
        expression: `!(${literal(VERSION)} in variables.labels) || variables.labels[${literal(VERSION)}] == 'latest'`,
        message: `the label ${VERSION} holds pods to an older standard`,
      },
    ],
  };
}
