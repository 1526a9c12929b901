import {
  dateText,
  describeCondition,
  describePrincipal,
  describeSeconds,
  either,
  instantText,
  plural,
} from '../lib/insight/describe.js';
import { clientEndsAt } from '../lib/plan/names.js';
import type { Plan, ServiceNode } from '../lib/plan/plan.js';
import { ABILITIES } from '../lib/policy/compile/abilities/index.js';
import { type AccessRule, endOf } from '../lib/policy/policy.js';
import { egressUrlVariable } from '../lib/point/url-variable.js';
import { styled, table, wrap } from './text.js';

/** A plan for people: points, issuers, and every rule in words. */
export function planSummary(plan: Plan): string {
  const services = Object.values(plan.services);
  const rules = Object.values(plan.policy.services).flatMap((service) => service.rules);
  const title = `${plan.environment} on ${plan.engine}: ${plural(services.length, 'service')}, ${plural(
    Object.keys(plan.issuers).length,
    'issuer',
  )}, ${plural(rules.length, 'rule')}`;
  return [
    styled('bold', title),
    '',
    identity(plan),
    '',
    styled('bold', 'Issuers'),
    issuers(plan),
    ...services.flatMap((service) => ['', serviceTitle(service), ...serviceLines(plan, service)]),
    ...egressLines(plan),
    ...dataLines(plan),
  ].join('\n');
}

function identity(plan: Plan): string {
  const { certificates, connections, gateway } = plan;
  return table([
    ['trust domain', plan.trustDomain],
    ['gateway', gateway.services.length === 0 ? 'no service has a public host' : gateway.services.join(', ')],
    ['leaf certificate', describeSeconds(certificates.workload.lifetimeSeconds)],
    ['connection', `gone ${describeSeconds(connections.bound)} after its identity is withdrawn`],
    ...stricter(plan),
    ['decision log', plan.decisionLog.decisions === 'all' ? 'every request' : 'refused requests only'],
    ...plan.optOuts.map((optOut) => ['opt-out', `${optOut.rule} until ${optOut.expires}: ${optOut.reason}`]),
  ]);
}

/** Where the edge of the engine refuses more than the policy says. */
function stricter({ engine, gateway }: Plan): string[][] {
  const edge = clientEndsAt(engine);
  const things = edge === gateway.key ? 0 : (ABILITIES.authorizer.stricter ?? []).length;
  return things === 0
    ? []
    : [[edge, `stricter than the policy in ${things} things, whatever the rules (docs/authorizer.md)`]];
}

function issuers(plan: Plan): string {
  const rows = Object.entries(plan.issuers).map(([name, node]) => {
    return node.kind === 'pipeline' ? ['(pipelines)', node.issuer] : [name, node.issuer];
  });
  return rows.length === 0 ? '  none' : table(rows);
}

function serviceTitle({ name, protocol, authority, public: isPublic, connections }: ServiceNode): string {
  if (connections) {
    const { max, maxSeconds } = connections;
    return `${styled('bold', name)}  tcp, ${plural(max, 'connection')} of at most ${describeSeconds(maxSeconds)}`;
  }
  const where = isPublic ? `https://${authority}` : `${authority}, no public host`;
  return `${styled('bold', name)}  ${protocol}, ${where}`;
}

function serviceLines(plan: Plan, { name, sidecar, login, edge }: ServiceNode): string[] {
  const rules = plan.policy.services[name]?.rules ?? [];
  return [
    ...(login
      ? [`  browsers sign in at ${login.issuer.slice('issuers/'.length)}, as ${login.clientId}`]
      : []),
    ...(edge ? ['  clients come by a load balancer, past the authorizer'] : []),
    ...(sidecar.upstreams.length > 0 ? [`  calls ${sidecar.upstreams.join(', ')}`] : []),
    ...(rules.length === 0 ? ['  no rule: nobody may call it'] : rules.map((rule) => ruleLines(plan, rule))),
  ];
}

/** What may leave, host by host; nothing is said where nothing may. */
function egressLines(plan: Plan): string[] {
  const { destinations = {}, policy } = plan.egress ?? {};
  return Object.values(destinations).flatMap(({ host, authority }) => [
    '',
    `${styled('bold', host)}  outside, https://${authority}, ${egressUrlVariable(host)}`,
    ...(policy?.services[host]?.rules ?? []).map((rule) => ruleLines(plan, rule)),
  ]);
}

function dataLines({ data = {} }: Plan): string[] {
  return Object.entries(data).flatMap(([name, { label, workloads }]) => [
    '',
    `${styled('bold', name)}  data, ${label}`,
    `  for ${workloads.join(', ')}`,
  ]);
}

function ruleLines(plan: Plan, rule: AccessRule): string {
  const who = either(rule.principals.map((principal) => describePrincipal(principal, plan, rule.effect)));
  const conditions = rule.conditions.map(describeCondition).join(' and ');
  const link = rule.effect === 'allow' ? '; with ' : '; unless there is ';
  const audit = rule.auditUntil === undefined ? '' : ` (only logged until ${dateText(rule.auditUntil)})`;
  const end = endOf(rule);
  const ends = end === undefined ? '' : ` (until ${instantText(end)})`;
  return [
    `  ${rule.effect.padEnd(5)}  ${rule.id}${audit}${ends}`,
    wrap(rule.operations.join(', '), '         '),
    wrap(`${who}${conditions ? `${link}${conditions}` : ''}`, '         '),
  ].join('\n');
}
