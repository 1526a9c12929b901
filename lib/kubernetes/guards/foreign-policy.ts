import { CLOSED_KINDS, type ForeignKinds, type OpenableKind, routingKinds } from '../foreign-kinds.js';
import type { Deployers } from './deployers.js';
import { type Guard, type Guarded, literals } from './guard.js';

/** Who deletes what is in a namespace that is deleted: a controller under its own account, or under that of the controller manager if it has none. */
const PURGERS = ['system:serviceaccount:kube-system:namespace-controller', 'system:kube-controller-manager'];

/** A kind that others than the deployers may write, too. */
export interface OpenKind {
  readonly kind: OpenableKind;
  /** Why; not empty. */
  readonly reason: string;
}

/** The request is of one of them. */
export function isOneOf({ users = [], groups = [] }: Deployers): string {
  return (
    `request.userInfo.username in ${literals(users)} || ` +
    `(has(request.userInfo.groups) && request.userInfo.groups.exists(group, group in ${literals(groups)}))`
  );
}

/** The namespace is being deleted, with what is in it. */
export const isPurge = `(request.operation == 'DELETE' && request.userInfo.username in ${literals(PURGERS)})`;

/** Whoever makes one of these kinds, changes it or takes it away. */
export function guardedKinds(kinds: readonly ForeignKinds[]): readonly Guarded[] {
  return kinds.map(({ apiGroups, resources }) => ({
    apiGroups,
    resources: Object.values(resources),
    operations: ['CREATE', 'UPDATE', 'DELETE'],
  }));
}

/** A policy in the platform's namespace that somebody else made, changed or took away. */
export function foreignPolicy(
  deployers: Deployers,
  openKinds: readonly OpenKind[] = [],
  more: readonly Guarded[] = [],
): Guard {
  return {
    id: 'foreign-policy',
    purpose:
      'What passes in the namespace is what the model of the platform says: nobody else opens anything.',
    remedy: 'say it in the model, and apply its manifests as a deployer',
    guarded: [...guardedKinds(CLOSED_KINDS), ...more, ...guardedKinds(routingKinds(openKinds))],
    validations: [
      {
        expression: `${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform change policies of its namespace',
      },
    ],
  };
}
