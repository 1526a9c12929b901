import type { Plan } from '../../plan/plan.js';
import { alarm, increase } from '../alarm.js';
import type { AlertingRule } from '../kinds/index.js';

/**
 * Of the way out, by the callers' sidecars: that they come to no egress gateway, or believe none, as when its certificate was
 * not renewed. What a host outside answers has no such flag.
 */
export function egressAlarms({ namespace, egress }: Plan, serverErrors: number): AlertingRule[] {
  if (!egress) return [];
  const calls =
    `istio_requests_total{reporter="source",source_workload_namespace="${namespace}",` +
    'destination_service!~".+[.]svc[.].+",response_flags=~"(.*,)?U[FH](,.*)?"}';
  return [
    alarm(
      'EgressUnavailable',
      `${increase(calls, 'destination_service')} >= ${serverErrors}`,
      'critical',
      'Calls to {{ $labels.destination_service }} come to no egress gateway, or to one whose certificate is not believed.',
    ),
  ];
}
