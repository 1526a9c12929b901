import { codedError } from '../../coded-error.js';
import type { Plan } from '../../plan/plan.js';
import { checkedObjects } from '../names.js';
import type { KubernetesObject } from '../object.js';
import { allWorkloads, workloadsOf, type WorkloadsOptions } from '../workloads.js';
import { enrolment } from './enrolment.js';
import { type Deployers, foreignPolicy } from './foreign-policy.js';
import { type Guard, guardObjects } from './guard.js';
import { hostAccess } from './host-access.js';
import { imageDigest, WITH_DIGEST } from './image-digest.js';
import { meshOptOut } from './mesh-opt-out.js';
import { workloadIdentity } from './workload-identity.js';

export type { Deployers, Guard };

export interface GuardOptions extends WorkloadsOptions {
  /** Who applies the platform's objects. Nobody else may change policies of its namespace. */
  readonly deployers: Deployers;
  /**
   * The image that the mesh injects, with its digest: injected containers must have exactly this one.
   * @default any image with a digest
   */
  readonly proxyImage?: string;
  /** The revision of `NamespaceOptions`. @default the default revision */
  readonly revision?: string;
}

/** What the API server refuses in the platform's namespace, in the order of their names. */
export function guardsOf(plan: Plan, options: GuardOptions): readonly Guard[] {
  checkOptions(options);
  return [
    enrolment(options.revision),
    foreignPolicy(options.deployers),
    hostAccess,
    imageDigest(options.proxyImage),
    meshOptOut,
    workloadIdentity(allWorkloads(workloadsOf(plan, options))),
  ];
}

/** A policy and its binding for each guard. Throws `no-deployers`, `image-digest` and the errors of `workloadsOf`. */
export function guardPolicies(plan: Plan, options: GuardOptions): readonly KubernetesObject[] {
  return checkedObjects(guardsOf(plan, options).flatMap((guard) => guardObjects(guard, plan.namespace)));
}

function checkOptions({ deployers: { users = [], groups = [] }, proxyImage }: GuardOptions): void {
  if (users.length + groups.length === 0) {
    throw codedError('no-deployers', 'deployers', 'nobody could apply the policies of the platform', {
      expected: 'at least one user or group',
      remedy: 'name who applies them: `system:serviceaccount:flux-system:kustomize-controller`, for one',
    });
  }
  if (proxyImage !== undefined && !new RegExp(WITH_DIGEST).test(proxyImage)) {
    throw codedError('image-digest', 'proxyImage', 'the image has no digest', {
      found: proxyImage,
      expected: 'name@sha256:…',
    });
  }
}
