import { EGRESS } from '../../plan/names.js';
import { CONFIGURATION_NAME, EGRESS_COMMAND, FOLDERS } from '../egress/index.js';
import { type Guard, literal, literals, optional, PODS, RUNS_ONE_COMMAND } from './guard.js';

/**
 * Public addresses are open to the pods of the egress gateway, and they have no sidecar. Whoever runs under its account runs
 * Envoy alone, as it was written, by a configuration that a deployer applied.
 */
export const egressGateway: Guard = {
  id: 'egress-gateway',
  purpose: 'Whatever runs under the account of the egress gateway is that gateway, as it was written.',
  remedy: 'run other pods under an account of their own',
  guarded: [PODS],
  variables: { isOther: `(${optional('object.spec.serviceAccountName', "'default'")}) != '${EGRESS}'` },
  validations: [
    {
      expression:
        'variables.isOther || (size(object.spec.containers) == 1 && !has(object.spec.initContainers) && ' +
        '!has(object.spec.ephemeralContainers))',
      message: 'the egress gateway has one container',
    },
    {
      expression:
        `variables.isOther || object.spec.containers.all(c, has(c.command) && c.command == ${literals(EGRESS_COMMAND)} && ` +
        '!has(c.args) && !has(c.env) && !has(c.envFrom) && !has(c.workingDir))',
      message: 'the egress gateway starts as it was written',
    },
    {
      // Else a second Envoy, of no rules, beside the first.
      expression: `variables.isOther || object.spec.containers.all(c, ${RUNS_ONE_COMMAND})`,
      message: 'in the egress gateway no hook and no probe runs a command',
    },
    {
      expression:
        'variables.isOther || object.spec.containers.all(c, has(c.volumeMounts) && ' +
        `c.volumeMounts.all(m, m.mountPath in ${literals(Object.values(FOLDERS))} && !has(m.subPath) && !has(m.subPathExpr)) && ` +
        `c.volumeMounts.exists(m, m.name == 'configuration' && m.mountPath == ${literal(FOLDERS.configuration)}))`,
      message: 'the egress gateway reads its files where it was written',
    },
    {
      expression:
        "variables.isOther || (has(object.spec.volumes) && object.spec.volumes.exists(v, v.name == 'configuration' && " +
        `has(v.configMap) && v.configMap.name.matches(${literal(CONFIGURATION_NAME)}) && !has(v.configMap.items)))`,
      message: 'the egress gateway reads a configuration that a deployer applied',
    },
  ],
};
