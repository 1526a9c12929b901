import type { Plan } from '../../plan/plan.js';
import type { ConfigMap, Role, RoleBinding } from '../kinds/index.js';
import { type EmittedDecisionService, meshDecisionService } from './options.js';
import { REVOCATIONS } from './revocations-map.js';

/**
 * Where `ztp revoke` writes, and the right to read this one object. It is emitted without any data: who applies it anew
 * takes nothing back, as applying leaves alone what it does not name. Flux does not: it removes what kubectl wrote and its
 * manifest lacks, by the name of the field's manager. So it is told to make the object, and no more.
 */
export function revocationObjects(
  { namespace }: Plan,
  options: EmittedDecisionService,
): readonly (ConfigMap | Role | RoleBinding)[] {
  const { serviceName, serviceAccount } = meshDecisionService(options);
  const name = `${serviceName}-revocations`;
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: {
        name: REVOCATIONS,
        namespace,
        annotations: { 'kustomize.toolkit.fluxcd.io/ssa': 'IfNotPresent' },
      },
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name, namespace },
      rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: [REVOCATIONS], verbs: ['get'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace }],
    },
  ];
}
