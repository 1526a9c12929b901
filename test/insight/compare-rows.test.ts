import { comparePolicies, type PolicyDifference } from '../../lib/insight/compare.js';
import { isContained } from '../../lib/insight/compare-callers.js';
import { explain } from '../../lib/insight/explain.js';
import {
  allow,
  anyone,
  deny,
  http,
  mfa,
  oidc,
  type Plan,
  resolve,
  sourceNetwork,
  user,
} from '../../lib/index.js';
import { indexPolicy } from '../../lib/policy/index-rules.js';

const NOW = 1_780_000_000;
const LATER = { until: '2030-01-01T00:00:00Z', reason: 'tried' };

function planOf(access: readonly unknown[], issuers: readonly string[] = ['people']): Plan {
  const providers = issuers.map((name) => {
    const issuer = `https://${name}.example`;
    return [name, oidc({ issuer, jwksUri: `${issuer}/jwks` })];
  });
  return resolve(
    {
      trustDomain: 'shop.example',
      environment: 'dev',
      identity: { providers: Object.fromEntries(providers) as object },
      services: { web: http({ host: 'www.shop.example' }) },
      access: [
        allow(user({ issuer: 'people', groups: ['staff'] }))
          .to('web', 'GET /b')
          .named('b'),
        ...access,
      ],
    },
    { now: new Date(NOW * 1000) },
  );
}

const staff = user({ issuer: 'people', groups: ['staff'] });
const people = user({ issuer: 'people' });
const inside = allow(anyone()).to('web', 'GET /a').when(sourceNetwork('10.0.0.0/8')).named('inside');

const rows = (before: readonly unknown[], after: readonly unknown[], issuers?: readonly string[]) => {
  const both = [planOf(before, issuers), planOf(after, issuers)] as const;
  const { differences } = comparePolicies(...both, NOW);
  for (const { example, change } of differences) {
    const admitted = both.map((plan) => explain(plan, example).outcome === 'admitted');
    expect(admitted).toEqual([change === 'closed', change === 'opened']);
  }
  return differences.map(said);
};

function said({ change, example: { credential }, from, contains }: PolicyDifference): string {
  const who = credential.kind === 'jwt' ? (credential.claims['iss'] as string).slice(8, -8) : 'anyone';
  const year = from === undefined ? [] : [String(new Date(from * 1000).getUTCFullYear())];
  return [change, who, ...year, ...(contains === undefined ? [] : [`+${contains}`])].join(' ');
}

test('what a token opens from anywhere is said beside what is opened without one in a network', () => {
  const any = allow(people).to('web', 'GET /a').named('any');
  expect(rows([], [inside, any])).toEqual(['opened anyone', 'opened people']);
});

test('what a token opens where everybody may come is contained in that, and counted', () => {
  const all = allow(anyone()).to('web', 'GET /a').named('all');
  expect(rows([], [all], ['people', 'partners'])).toEqual(['opened anyone +2']);
  const narrow = allow(people).to('web', 'GET /a').when(sourceNetwork('10.1.0.0/16')).named('narrow');
  expect(rows([], [inside, narrow])).toEqual(['opened anyone +1']);
});

test('more that is opened later is said beside what is opened now', () => {
  const now = allow(staff).to('web', 'GET /a').named('now');
  const later = allow(people).to('web', 'GET /a').named('later').audited(LATER);
  expect(rows([], [now, later])).toEqual(['opened people', 'opened people 2030']);
  const all = allow(anyone()).to('web', 'GET /a').named('all').audited(LATER);
  // Of a token the row now is contained in no row but its own; the later one of everybody holds the later ones.
  expect(rows([], [inside, all])).toEqual(['opened anyone +1', 'opened anyone 2030 +1']);
});

test('the same that holds later as well is not said again', () => {
  const now = allow(people).to('web', 'GET /a').named('now');
  const later = allow(staff).to('web', 'GET /a').named('later').audited(LATER);
  expect(rows([], [now, later])).toEqual(['opened people +1']);
});

test('a closing of everybody later is said beside one of some now', () => {
  const before = allow(staff).to('web', 'GET /a').named('a');
  const after = allow(staff).to('web', 'GET /a').when(mfa()).named('a');
  const closing = deny(people).to('web', 'GET /a').named('closing').audited(LATER);
  expect(rows([before], [after, closing])).toEqual(['closed people', 'closed people 2030']);
});

test('a closing to whoever has no token says nothing of those who have one', () => {
  const before = allow(anyone()).to('web', 'GET /a').named('a');
  expect(rows([before], [])).toEqual(['closed anyone', 'closed people']);
});

test('sets of callers that are read in two ways are never said to be in one another', () => {
  const plan = planOf([inside]);
  const index = indexPolicy(plan.policy);
  const issuer = plan.policy.issuers['people']!;
  const other = indexPolicy({
    ...plan.policy,
    issuers: { people: { ...issuer, scopeClaim: `${issuer.scopeClaim}s` } },
  });
  const asked = {
    authority: 'www.shop.example',
    method: 'GET',
    path: '/a',
    now: NOW,
    issuer: issuer.issuer,
  };
  const of = (way: typeof index) => ({
    change: 'opened' as const,
    ways: [
      { index: way, places: [] },
      { index: way, places: [] },
    ],
    asked,
  });
  expect([isContained(of(index), of(index)), isContained(of(index), of(other))]).toEqual([true, false]);
});
