import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { dateText, instantText, plural } from '../lib/insight/describe.js';
import type { Engine } from '../lib/model/service.js';
import type { Plan } from '../lib/plan/plan.js';
import { endOf } from '../lib/policy/policy.js';
import { type AuditedLine, AuditedRequests, auditedText } from './audited-requests.js';
import { decisionLine } from './decision-line.js';
import { cliError } from './error.js';
import { loadPlan } from './load-plan.js';
import { styled, table, wrap } from './text.js';

/** What a log comes to. */
interface Tally {
  readonly decisions: Map<string, number>;
  readonly rules: Map<string, number>;
  readonly audited: AuditedRequests;
  lines: number;
  /** Lines that are no decisions. */
  others: number;
}

/**
 * Every decision of a log, in words, and then what rules in audit would have changed about them. A line
 * at a time: a log may be longer than the memory.
 */
export async function explainLog(
  modelPath: string,
  { engine, log }: { readonly engine: Engine; readonly log: string },
  write: (text: string) => void,
): Promise<void> {
  const plan = await loadPlan(modelPath, engine);
  const tally: Tally = {
    decisions: new Map(),
    rules: new Map(),
    audited: new AuditedRequests(),
    lines: 0,
    others: 0,
  };
  try {
    for await (const text of createInterface({ input: createReadStream(log, 'utf8') })) {
      const line = parsed(text);
      if (line === undefined) {
        if (text.trim() !== '') tally.others += 1;
        continue;
      }
      count(tally, line);
      write(`${decisionLine(shortPoint(line.point), text)}\n`);
      for (const sentence of audited(plan, line)) write(`${wrap(sentence, '    ')}\n`);
    }
  } catch (error) {
    throw cliError('log-unreadable', log, 'the log cannot be read', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'name a file of decision lines',
    });
  }
  if (tally.lines === 0 && tally.others > 0) {
    throw cliError('log-without-decisions', log, 'no line of the file is a decision', {
      found: `${plural(tally.others, 'line')} of something else`,
      expected: 'decisions, one JSON object a line',
      remedy: 'write the log with `ztp dev … --log json`; its log in text is for people',
    });
  }
  write(`${tally.lines > 0 ? '\n' : ''}${summary(plan, tally)}\n`);
}

function parsed(text: string): AuditedLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isDecision = typeof value === 'object' && value !== null && Object.hasOwn(value, 'decision');
    if (!isDecision) return undefined;
    // Anybody may have written the file: only texts are looked at.
    return Object.fromEntries(Object.entries(value).filter(([, member]) => typeof member === 'string'));
  } catch {
    return undefined;
  }
}

function count(tally: Tally, line: AuditedLine): void {
  const { decision = '?', rule } = line;
  tally.lines += 1;
  tally.audited.add(line);
  add(tally.decisions, decision);
  add(tally.rules, rule);
}

function add(counts: Map<string, number>, name: string | undefined): void {
  if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1);
}

function audited(plan: Plan, line: AuditedLine): string[] {
  return auditedText(line).map(({ what, by }) => `in audit: ${by} ${what}${begins(plan, by)}`);
}

function summary(plan: Plan, tally: Tally): string {
  const { lines, others, decisions, rules, audited: requests } = tally;
  const { wouldRefuse, wouldAllow, unjoined } = requests.counts();
  const changes = [...rows(plan, wouldRefuse, 'would refuse'), ...rows(plan, wouldAllow, 'would admit')];
  return [
    styled('bold', `${plural(lines, 'decision')}: ${listed(decisions)}`),
    ...(rules.size === 0 ? [] : [wrap(`decided by ${listed(rules)}`, '  ', '    ')]),
    ...(others === 0 ? [] : [`  ${plural(others, 'line')} of something else`]),
    '',
    ...(changes.length === 0
      ? ['No rule in audit would have changed any of them.']
      : ['What rules in audit would have changed:', table(changes)]),
    ...(unjoined === 0
      ? []
      : [
          wrap(
            `${plural(unjoined, 'line')} in audit with nothing that joins it to another point's: each counts as a request.`,
          ),
        ]),
  ].join('\n');
}

function rows(plan: Plan, counts: ReadonlyMap<string, number>, what: string): string[][] {
  return [...counts].map(([rule, number]) => [
    rule,
    `${what} ${plural(number, 'request')}${begins(plan, rule)}`,
  ]);
}

function listed(counts: ReadonlyMap<string, number>): string {
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([name, number]) => `${name} ${number}`).join(', ') || 'none';
}

/** From when on a rule is enforced, as the model says now. */
function begins(plan: Plan, id: string): string {
  const services = { ...plan.policy.services, ...plan.egress?.policy.services };
  const rules = Object.values(services).flatMap((service) => service.rules);
  const rule = rules.find((one) => one.id === id);
  if (!rule) return '; the model has no such rule now';
  if (rule.auditUntil === undefined) return '; the model enforces it now';
  const end = endOf(rule);
  return `, and will from ${dateText(rule.auditUntil)} on${end === undefined ? '' : `, until ${instantText(end)}`}`;
}

function shortPoint(point = '?'): string {
  return point.replace(/^services\/(.*)\/sidecar$/, '$1');
}
