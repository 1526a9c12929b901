import type { DecisionLogEntry } from '../../../lib/plan/decision-log.js';

/** A question to the decision log, in both languages that AWS reads it by. */
export interface DecisionQuery {
  /** Stable, in kebab case. */
  readonly id: string;
  /** The question, as a list of saved queries shows it. */
  readonly title: string;
  /** Fields that the query needs; all are of the public schema. */
  readonly fields: readonly (keyof DecisionLogEntry)[];
  /** For CloudWatch Logs Insights; the time range is the console's. */
  readonly insights: string;
  /** For Athena, over the table `decisions`; `?` are the first and the last day, such as `'2026-11-29'`. */
  readonly sql: string;
}

/** The name of a rule that is for emergencies begins so, by convention: `named('break-glass-…')`. */
const BREAK_GLASS = 'break-glass';

/** What both languages call the days that a query is about, and in which order. */
const DAYS = '"day" BETWEEN ? AND ?';

interface Grouped {
  readonly id: string;
  readonly title: string;
  /** What is counted, and its name. */
  readonly count: string;
  readonly by: readonly (keyof DecisionLogEntry)[];
  readonly where: { readonly insights: string; readonly sql: string };
  /** Fields of the condition that are in no row. */
  readonly besides?: readonly (keyof DecisionLogEntry)[];
}

/** How often, by what: the most first. */
function counted({ id, title, count, by, where, besides = ['decision'] }: Grouped): DecisionQuery {
  const columns = by.map((name) => `"${name}"`).join(', ');
  return {
    id,
    title,
    fields: [...by, ...besides],
    insights: [
      `filter ${where.insights}`,
      `stats count(*) as ${count} by ${by.join(', ')}`,
      `sort ${count} desc`,
      'limit 200',
    ].join('\n| '),
    sql: [
      `SELECT COUNT(*) AS ${count}, ${columns}`,
      'FROM decisions',
      `WHERE ${DAYS} AND ${where.sql}`,
      `GROUP BY ${columns}`,
      `ORDER BY ${count} DESC`,
      'LIMIT 200',
    ].join('\n'),
  };
}

interface Listed {
  readonly id: string;
  readonly title: string;
  readonly fields: readonly (keyof DecisionLogEntry)[];
  readonly where: { readonly insights: string; readonly sql: string };
  readonly besides?: readonly (keyof DecisionLogEntry)[];
}

/** Line by line: the latest first. */
function listed({ id, title, fields, where, besides = [] }: Listed): DecisionQuery {
  return {
    id,
    title,
    fields: [...fields, ...besides, 'time'],
    insights: [
      `fields ${['time', ...fields].join(', ')}`,
      `filter ${where.insights}`,
      'sort time desc',
      'limit 200',
    ].join('\n| '),
    sql: [
      `SELECT ${['time', ...fields].map((name) => `"${name}"`).join(', ')}`,
      'FROM decisions',
      `WHERE ${DAYS} AND ${where.sql}`,
      'ORDER BY "time" DESC',
      'LIMIT 200',
    ].join('\n'),
  };
}

const REFUSED = { insights: 'decision = "refuse"', sql: `"decision" = 'refuse'` };
/** What a decision service refuses its point refuses too, in a line of its own: a count has it once. */
const REFUSED_ONCE = {
  insights: `${REFUSED.insights} and point not like /decision$/`,
  sql: `${REFUSED.sql} AND "point" NOT LIKE '%/decision'`,
};
const where = (insights: string, sql: string) => ({ insights, sql });

/** What is asked of a decision log first. */
export const QUERY_PACK: readonly DecisionQuery[] = [
  listed({
    id: 'refused',
    title: 'Who was refused, where and why',
    fields: [
      'point',
      'subject',
      'issuer',
      'peer',
      'service',
      'destination',
      'method',
      'path',
      'status',
      'rule',
      'reason',
      'requestId',
    ],
    besides: ['decision'],
    where: REFUSED,
  }),
  counted({
    id: 'refused-most',
    title: 'Who is refused most',
    count: 'refused',
    by: ['subject', 'issuer', 'peer', 'service', 'rule'],
    besides: ['decision', 'point'],
    where: REFUSED_ONCE,
  }),
  counted({
    id: 'refused-paths',
    title: 'Paths that are refused most',
    count: 'refused',
    by: ['service', 'method', 'path', 'status'],
    besides: ['decision', 'point'],
    where: REFUSED_ONCE,
  }),
  counted({
    id: 'refused-workloads',
    title: 'Workloads that other workloads refuse',
    count: 'refused',
    by: ['peer', 'service', 'destination', 'method', 'path', 'rule'],
    besides: ['decision', 'point'],
    where: where(
      `${REFUSED_ONCE.insights} and ispresent(peer) and point != "gateway"`,
      `${REFUSED_ONCE.sql} AND "peer" IS NOT NULL AND "point" <> 'gateway'`,
    ),
  }),
  counted({
    id: 'audit-would-refuse',
    title: 'What a deny in audit would have refused',
    count: 'requests',
    by: ['wouldRefuse', 'service', 'subject', 'peer', 'method', 'path', 'point'],
    // What was refused all the same would not have changed.
    where: where(
      'decision = "allow" and ispresent(wouldRefuse)',
      `"decision" = 'allow' AND "wouldRefuse" IS NOT NULL`,
    ),
  }),
  counted({
    id: 'audit-would-admit',
    title: 'What an allow in audit would have admitted',
    count: 'requests',
    by: ['wouldAllow', 'service', 'subject', 'peer', 'method', 'path', 'point'],
    besides: ['decision', 'rule', 'wouldRefuse'],
    // Only where nothing else refuses: no deny, in force or in audit.
    where: where(
      `${REFUSED.insights} and ispresent(wouldAllow) and not ispresent(rule) and not ispresent(wouldRefuse)`,
      `${REFUSED.sql} AND "wouldAllow" IS NOT NULL AND "rule" IS NULL AND "wouldRefuse" IS NULL`,
    ),
  }),
  listed({
    id: 'break-glass',
    title: 'Who used a rule for emergencies',
    fields: ['rule', 'decision', 'subject', 'issuer', 'peer', 'service', 'method', 'path', 'status', 'point'],
    where: where(`rule like /^${BREAK_GLASS}/`, `"rule" LIKE '${BREAK_GLASS}%'`),
  }),
  listed({
    id: 'revoked',
    title: 'Who came with what is revoked, or to a service that is closed',
    fields: [
      'subject',
      'issuer',
      'peer',
      'service',
      'method',
      'path',
      'status',
      'reason',
      'requestId',
      'point',
    ],
    besides: ['decision'],
    // The reason is each point's own words; both kinds of point have this one, and a test holds them to it.
    where: where(
      `${REFUSED.insights} and (reason like /revoked/ or reason like /emergency/)`,
      `${REFUSED.sql} AND ("reason" LIKE '%revoked%' OR "reason" LIKE '%emergency%')`,
    ),
  }),
  counted({
    id: 'not-judged',
    title: 'Requests that could not be judged',
    count: 'requests',
    by: ['point', 'service', 'status', 'reason'],
    where: where(`${REFUSED.insights} and status >= 500`, `${REFUSED.sql} AND "status" >= 500`),
  }),
];
