import { WAYPOINT } from '../waypoint.js';
import { type Guard, optional } from './guard.js';

const USED = 'istio.io/use-waypoint';
const BY_INGRESS = 'istio.io/ingress-use-waypoint';
const ELSEWHERE = 'istio.io/use-waypoint-namespace';

/**
 * A Service that leaves the waypoint, or goes to another one. Nobody would get past it to a pod: ztunnel lets the
 * waypoint alone in, so that every call would fail.
 */
export const waypointBypass: Guard = {
  id: 'waypoint-bypass',
  guarded: [{ apiGroups: [''], resources: ['services'], operations: ['CREATE', 'UPDATE'] }],
  variables: { labels: optional('object.metadata.labels', '{}') },
  validations: [
    {
      expression: `!('${USED}' in variables.labels) || variables.labels['${USED}'] == '${WAYPOINT}'`,
      message: `the label ${USED} takes the Service from the waypoint of the namespace`,
    },
    {
      expression: `!('${BY_INGRESS}' in variables.labels) || variables.labels['${BY_INGRESS}'] == 'true'`,
      message: `the label ${BY_INGRESS} leads ingress gateways past the waypoint`,
    },
    {
      expression: `!('${ELSEWHERE}' in variables.labels)`,
      message: `the label ${ELSEWHERE} names a waypoint that has none of the policies`,
    },
  ],
};
