import type { MeshMode } from '../mesh-options.js';
import { meshLabels, POD_SECURITY } from '../namespace.js';
import { type Guard, literal, optional } from './guard.js';

/** A namespace that loses a label by which the mesh, or Pod Security admission, knows it. */
export function enrolment(revision?: string, mode?: MeshMode): Guard {
  const labels = { ...meshLabels(mode, revision), ...POD_SECURITY };
  const enforced = Object.entries(labels).filter(([key]) => !/\/(audit|warn)$/.test(key));
  return {
    id: 'enrolment',
    guarded: [{ apiGroups: [''], resources: ['namespaces'], operations: ['CREATE', 'UPDATE'] }],
    variables: { labels: optional('object.metadata.labels', '{}') },
    validations: enforced.map(([key, value]) => ({
      expression: `${literal(key)} in variables.labels && variables.labels[${literal(key)}] == ${literal(value)}`,
      message: `the namespace must keep the label ${key}: ${value}`,
    })),
  };
}
