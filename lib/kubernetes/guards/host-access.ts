import { everyContainer, type Guard, PODS } from './guard.js';

/** A pod in the network or among the processes of its node, where no policy of the namespace holds. */
export const hostAccess: Guard = {
  id: 'host-access',
  purpose: 'No pod shares with its node, or with another process, what leads past the mesh.',
  remedy: 'leave it out',
  guarded: [PODS],
  validations: [
    ...['hostNetwork', 'hostPID', 'hostIPC'].map((field) => ({
      expression: `!has(object.spec.${field}) || !object.spec.${field}`,
      message: `${field} puts the pod beside the mesh`,
    })),
    {
      expression: '!has(object.spec.shareProcessNamespace) || !object.spec.shareProcessNamespace',
      message: 'shareProcessNamespace lets the application read the key of its sidecar',
    },
    {
      expression:
        '!has(object.spec.ephemeralContainers) || ' +
        "object.spec.ephemeralContainers.all(c, !has(c.targetContainerName) || c.targetContainerName != 'istio-proxy')",
      message: 'a debugger among the processes of the sidecar reads its key',
    },
    {
      expression: everyContainer('!has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0)'),
      message: 'hostPort opens a port of the node',
    },
  ],
};
