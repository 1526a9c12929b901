import { QUERY_PACK } from '../../../../constructs/aws-cdk/visibility/query-pack.js';
import { decisionLine } from '../../../../lambda/authorizer/decision-line.js';
import { STATUSES } from '../../../../lambda/authorizer/statuses.js';
import { decisionLogSchema } from '../../../../lib/plan/decision-log.js';
import { DecisionTable } from '../../../support/aws/decision-table.js';

const FIELDS = Object.keys(decisionLogSchema['properties'] as object);

/** What the pack uses of Logs Insights, of "CloudWatch Logs Insights language query syntax", and no more. */
const COMMANDS: Readonly<Record<string, RegExp>> = {
  fields: /^\w+(, \w+)*$/,
  filter: /^[\w\s"'()/^$<>=!-]+$/,
  stats: /^count\(\*\) as \w+ by \w+(, \w+)*$/,
  sort: /^\w+ desc$/,
  limit: /^\d+$/,
};
const WORDS = ['and', 'or', 'not', 'like', 'ispresent', 'count', 'as', 'by', 'desc'];

/** What a query names: without texts, expressions, words of the language and what it names itself. */
function namedIn(query: string): string[] {
  const own = [...query.matchAll(/ as (\w+)/g)].map(([, alias]) => alias!);
  return query
    .split('\n| ')
    .filter((line) => !line.startsWith('limit'))
    .map((line) => line.slice(line.indexOf(' ')).replaceAll(/"[^"]*"|\/[^/]*\//g, ''))
    .flatMap((line) => line.match(/[A-Za-z]\w*/g) ?? [])
    .filter((word) => !WORDS.includes(word) && !own.includes(word));
}

const pack = QUERY_PACK.map((query) => [query.id, query] as const);

test.each(pack)('%s is a query of Logs Insights over fields of the schema', (_, { insights, fields }) => {
  for (const line of insights.split('\n| ')) {
    const [command, ...rest] = line.split(' ');
    expect([line, COMMANDS[command!]?.test(rest.join(' '))]).toEqual([line, true]);
  }
  const named = [...new Set(namedIn(insights))].sort();
  expect(named.filter((name) => !FIELDS.includes(name))).toEqual([]);
  expect(named).toEqual([...new Set(fields)].sort());
});

test.each(pack)('%s asks Athena for the same fields', (_, { sql, fields }) => {
  const named = [...sql.matchAll(/"(\w+)"/g)].map(([, name]) => name!).filter((name) => name !== 'day');
  expect([...new Set(named)].sort()).toEqual([...new Set(fields)].sort());
  expect(sql).toContain('"day" BETWEEN ? AND ?');
});

test('a field that the schema does not have is seen', () => {
  expect(namedIn('fields time, user\n| filter decison = "refuse" and ispresent(rule)')).toEqual([
    'time',
    'user',
    'decison',
    'rule',
  ]);
  const table = new DecisionTable([]);
  const [query] = QUERY_PACK;
  const misspelt = { ...query!, sql: query!.sql.replace('"decision"', '"decison"') };
  expect(() => table.ask(misspelt, ['', ''])).toThrow('decison');
  table.close();
});

test('what a decision service refuses is counted once, as its point refuses it too', () => {
  const request = { service: 'orders', method: 'GET', path: '/', headers: {} };
  const verdict = { decision: { outcome: 'forbidden', reason: 'no rule allows it' } };
  const at = (point: string) =>
    decisionLine(request as never, verdict as never, { point, statuses: STATUSES.rest, began: 0, ended: 1 });
  const table = new DecisionTable([at('gateway'), at('gateway/decision')]);
  const ask = (query: string) =>
    table.ask(QUERY_PACK.find(({ id }) => id === query)!, ['1970-01-01', '1970-01-01']);
  expect(ask('refused-paths').map(({ refused }) => refused)).toEqual([1]);
  expect(ask('refused-most').map(({ refused }) => refused)).toEqual([1]);
  expect(ask('refused')).toHaveLength(2);
  table.close();
});

test('a request that could not be judged is found', () => {
  const request = { service: 'orders', method: 'GET', path: '/', headers: {} };
  const verdict = { decision: { outcome: 'unavailable', reason: 'the keys of the issuer are not known' } };
  const context = { point: 'authorizer', statuses: STATUSES.rest, began: 0, ended: 1 };
  const table = new DecisionTable([decisionLine(request as never, verdict as never, context)]);
  const query = QUERY_PACK.find(({ id }) => id === 'not-judged')!;
  expect(table.ask(query, ['1970-01-01', '1970-01-01'])).toEqual([
    {
      requests: 1,
      point: 'authorizer',
      service: 'orders',
      status: 500,
      reason: verdict.decision.reason,
    },
  ]);
  table.close();
});
