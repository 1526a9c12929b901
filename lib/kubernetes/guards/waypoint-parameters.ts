import { WAYPOINT } from '../waypoint.js';
import type { Deployers } from './deployers.js';
import { isOneOf, isPurge } from './foreign-policy.js';
import { type Guard, literal, NAME } from './guard.js';

/** What Istio's controller merges into the pods of the waypoint, written by somebody else: whatever the guards of pods do not name. */
export function waypointParameters(deployers: Deployers): Guard {
  return {
    id: 'waypoint-parameters',
    purpose: 'The pods of the waypoint run as the platform says.',
    remedy: 'change the options of the platform, and apply its manifests as a deployer',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
    validations: [
      {
        expression: `${NAME} != ${literal(WAYPOINT)} || ${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform write how the waypoint runs, or take it away',
      },
    ],
  };
}
