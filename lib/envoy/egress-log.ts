import type { Plan } from '../plan/plan.js';
import type { Template } from '../plan/refs.js';
import { jsonLog, logHead, policyName, rulesSaid } from './access-log.js';
import { ledInside, notLedInside } from './egress-reply.js';
import { and, type LogFilter } from './log-filter.js';

/** The decision log of the egress gateway: the same schema, with `destination` in place of `service`. */
export function egressLog(plan: Plan, point: string): Template[] {
  const log = (decision: 'allow' | 'refuse', filter: LogFilter) => logger(plan, point, decision, filter);
  return [
    ...(plan.decisionLog.decisions === 'all'
      ? [log('allow', and(rulesSaid('allowed', false), notLedInside()))]
      : []),
    log('refuse', rulesSaid('denied', true)),
    log('refuse', and(rulesSaid('allowed', false), ledInside())),
  ];
}

function logger(plan: Plan, point: string, decision: 'allow' | 'refuse', filter: LogFilter): Template {
  return jsonLog(
    {
      ...logHead(plan, point, decision),
      reason: '%RESPONSE_CODE_DETAILS%',
      ...(decision === 'allow' && { rule: policyName('allow.enforced') }),
      wouldAllow: policyName('audit-allow.shadow'),
      destination: '%ROUTE_NAME%',
      method: '%REQ(:METHOD)%',
      path: '%PATH(NQ)%',
      peer: '%DOWNSTREAM_PEER_URI_SAN%',
      traceparent: '%REQ(TRACEPARENT):128%',
      duration: '%DURATION%',
    },
    { filter },
  );
}
