import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { jsonLog, logHead, policyName, ruleOfPart, rulesSaid, STRING_FUNCTIONS } from './access-log.js';
import { and, type LogFilter } from './log-filter.js';

/**
 * The decision log of a TCP service's sidecar: a line for each connection, when it is open or could not be opened. An
 * open one has a second entry in Envoy when it ends, which is no decision and is left out.
 */
export function connectionLog(plan: Plan, point: string): Template[] {
  const log = (decision: 'allow' | 'refuse', filter: LogFilter) => logger(plan, point, decision, filter);
  const admitted = rulesSaid('allowed', false);
  return [
    ...(plan.decisionLog.decisions === 'all' ? [log('allow', and(admitted, logType(OPENED)))] : []),
    // The application was not there, or has as many connections as it may.
    ...(plan.decisionLog.decisions === 'all'
      ? [log('allow', and(admitted, logType(ENDED), notOpened()))]
      : []),
    log('refuse', and(rulesSaid('denied', true), logType(ENDED))),
  ];
}

const OPENED = 'DownstreamTunnelSuccessfullyEstablished';
const ENDED = 'DownstreamEnd';

function logType(type: string): LogFilter {
  return { log_type_filter: { types: [type] } };
}

function notOpened(): LogFilter {
  return {
    status_code_filter: {
      comparison: { op: 'GE', value: { default_value: 300, runtime_key: 'ztp.connection.not_opened' } },
    },
  };
}

function logger(plan: Plan, point: string, decision: 'allow' | 'refuse', filter: LogFilter): Template {
  return jsonLog(
    {
      ...logHead(plan, point, decision),
      reason: '%RESPONSE_CODE_DETAILS%',
      rule: decision === 'allow' ? policyName('allow.enforced') : ruleOfPart('deny.enforced'),
      wouldRefuse: ruleOfPart('audit-deny.shadow'),
      wouldAllow: policyName('audit-allow.shadow'),
      service: '%ROUTE_NAME%',
      operation: 'tcp',
      peer: '%DOWNSTREAM_PEER_URI_SAN%',
      traceparent: '%REQ(TRACEPARENT):128%',
    },
    { filter, formatters: [STRING_FUNCTIONS] },
  );
}
