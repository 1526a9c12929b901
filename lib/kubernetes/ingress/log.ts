import { DENIED } from '../../envoy/local-reply.js';
import type { Plan } from '../../plan/plan.js';

/** The decision service tells of every request that it was asked about. What the gateway refuses before, it tells itself. */
export const LOGGED_HERE =
  `response.code_details.startsWith('${DENIED}') || response.code_details.startsWith('ext_authz_error') || ` +
  "response.code_details == 'absolute_path_rejected'";

/** In the form of the decision log. */
export function gatewayLogLine({ decisionLog, gateway }: Plan): Readonly<Record<string, string>> {
  return {
    version: String(decisionLog.version),
    time: '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    point: gateway.key,
    decision: 'refuse',
    status: '%RESPONSE_CODE%',
    reason: '%RESPONSE_CODE_DETAILS%',
    method: '%REQ(:METHOD)%',
    path: '%PATH(NQ)%',
    traceparent: '%REQ(TRACEPARENT):128%',
    requestId: '%REQ(X-REQUEST-ID):128%',
    duration: '%DURATION%',
  };
}
