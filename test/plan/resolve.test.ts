import shop from '../../examples/shop/model.js';
import {
  allow,
  allowOut,
  anyone,
  defineZeroTrust,
  githubActions,
  http,
  oidc,
  pipeline,
  type Plan,
  planText,
  resolve,
  tryResolve,
  user,
  workload,
} from '../../lib/index.js';
import { explain } from '../../lib/insight/explain.js';
import { claimsToken } from '../../lib/insight/token.js';
import { expectGolden } from '../golden.js';

const now = new Date('2026-11-23T12:00:00Z');
const textOf = (model: unknown) => planText(resolve(model, { now }));

const minimal = defineZeroTrust({
  trustDomain: 'acme.example',
  environment: 'dev',
  services: { web: http({ host: 'www.acme.example' }) },
  access: [allow(anyone()).to('web', 'GET /')],
});

/** The same value with the keys of every object the other way round. */
function reversedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(reversedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([name, item]) => [name, reversedKeys(item)]));
}

/** What JSON keeps of a model: the builders of its rules give their data. */
function asData(model: object): object {
  const replacer = (_: string, value: unknown) =>
    typeof value === 'object' && value !== null && 'rule' in value ? value.rule : value;
  return JSON.parse(JSON.stringify(model, replacer)) as object;
}

test('the plan of the shop', () => {
  expectGolden('plans/shop.json', textOf(shop));
});

test('the plan of a service with a way out', () => {
  const bank = allowOut(workload('web')).to('https://api.bank.example', 'POST /transfers').named('transfer');
  const mail = allowOut(workload('web')).to('https://mail.example:8443');
  expectGolden('plans/outside.json', textOf({ ...minimal, egress: [bank, mail] }));
});

test('the plan of a service with one public page', () => {
  expectGolden('plans/minimal.json', textOf(minimal));
});

test('the same model gives the same bytes', () => {
  expect(textOf(shop)).toBe(textOf(shop));
});

test('a model as JSON gives the bytes of the model in TypeScript', () => {
  expect(textOf(asData(shop))).toBe(textOf(shop));
});

test('the order of keys changes no byte', () => {
  const reversed = reversedKeys(asData(shop));
  expect(JSON.stringify(reversed)).not.toBe(JSON.stringify(asData(shop)));
  expect(textOf(reversed)).toBe(textOf(shop));
});

test('the order of rules changes no byte', () => {
  const model = asData(shop) as { access: unknown[] };
  expect(textOf({ ...model, access: [...model.access].reverse() })).toBe(textOf(shop));
});

test('a rule without a name keeps its id when others come before it', () => {
  const idOf = (plan: Plan) => plan.policy.services['web']?.rules.map((rule) => rule.id);
  const page = allow(anyone()).to('web', 'GET /');
  const [id] = idOf(resolve(minimal, { now })) ?? [];
  expect(id).toMatch(/^web\.[0-9a-f]{8}$/);
  const more = { ...minimal, access: [allow(anyone()).to('web', 'GET /more'), page] };
  expect(idOf(resolve(more, { now }))).toContain(id);
});

test('a plan is frozen, all of it', () => {
  const loose: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null) return;
    if (!Object.isFrozen(value)) loose.push(path);
    for (const [name, item] of Object.entries(value)) visit(item, `${path}/${name}`);
  };
  visit(resolve(shop, { now }), '');
  expect(loose).toEqual([]);
});

test('resolving leaves the model as it was', () => {
  const model = asData(shop);
  const before = JSON.stringify(model);
  resolve(model, { now });
  expect(JSON.stringify(model)).toBe(before);
});

test('what another engine gets differs in trust domain and lifetimes, and in no rule', () => {
  const local = resolve(shop, { now, engine: 'local' });
  const aws = resolve(shop, { now, engine: 'aws' });
  const ids = (plan: Plan) =>
    Object.values(plan.policy.services).flatMap(({ rules }) => rules.map(({ id }) => id));
  expect(aws.trustDomain).toBe('aws.dev.shop.example');
  expect(aws.certificates.workload.lifetimeSeconds).toBeGreaterThan(
    local.certificates.workload.lifetimeSeconds,
  );
  expect(ids(aws)).toEqual(ids(local));
});

test('drain, connection and stream together stay within the bound', () => {
  for (const leafLifetimeSeconds of [60, 600, 3600, 86_400]) {
    const { connections } = resolve({ ...minimal, authority: { leafLifetimeSeconds } }, { now });
    const { bound, maxConnection, drain, maxStream } = connections;
    expect(Math.min(maxConnection, drain, maxStream)).toBeGreaterThan(0);
    expect(maxConnection + drain + maxStream).toBeLessThanOrEqual(bound);
    expect(bound).toBeLessThanOrEqual(Math.min(300, leafLifetimeSeconds / 4));
  }
});

test('a provider of opaque tokens is an issuer of no point', () => {
  const provider = oidc({
    issuer: 'https://login.acme.example',
    jwksUri: 'https://login.acme.example/jwks',
  });
  const model = (accessToken: 'jwt' | 'opaque') => ({
    ...minimal,
    identity: {
      providers: { jwts: provider, other: { ...provider, issuer: 'https://o.acme.example', accessToken } },
    },
    access: [allow(user({ issuer: 'jwts' })).to('web', 'GET /')],
  });
  expect(Object.keys(resolve(model('jwt'), { now }).issuers)).toEqual(['jwts', 'other']);
  expect(Object.keys(resolve(model('opaque'), { now }).issuers)).toEqual(['jwts']);
});

test('the longest operations that a model may have are small enough for Envoy', () => {
  const fill = (start: string, end: string) => `${start}${'a'.repeat(512 - start.length - end.length)}${end}`;
  for (const long of [fill('GET /{x}/', '/**'), fill('GET /', '/{x}/**')]) {
    const model = { ...minimal, access: [...minimal.access!, allow(anyone()).to('web', long as 'GET /')] };
    const { plan, diagnostics } = tryResolve(asData(model), { now });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(plan).toBeDefined();
  }
});

test('the token of a pipeline lives as long as its issuer may let it, at every point', () => {
  const planWith = (maxTokenLifetimeSeconds?: number) => {
    const main = githubActions({
      repository: 'acme/web',
      ref: 'refs/heads/main',
      ...(maxTokenLifetimeSeconds !== undefined && { maxTokenLifetimeSeconds }),
    });
    const access = [allow(pipeline('main')).to('web', 'POST /releases')];
    return resolve({ ...minimal, identity: { pipelines: { main } }, access }, { now });
  };
  const at = now.getTime() / 1000;
  const outcomes = (plan: Plan, life: number) => {
    const { issuer, pipelines } = Object.values(plan.issuers)[0]!;
    const claims = { ...pipelines!['main'], iss: issuer, aud: 'https://www.acme.example' };
    return explain(plan, {
      ...{ method: 'POST', authority: 'www.acme.example', path: '/releases', sourceAddress: '192.0.2.1' },
      credential: claimsToken(
        plan,
        { ...claims, iat: at - life + 60, exp: at + 60 },
        { alg: 'RS256', kid: 'a' },
      ),
      now: at,
    }).points.map(({ decision }) => decision.outcome);
  };
  expect(outcomes(planWith(900), 900)).toEqual(['allow', 'allow']);
  expect(outcomes(planWith(900), 901)).toEqual(['invalidToken', 'invalidToken']);
  expect(outcomes(planWith(), 901)).toEqual(['allow', 'allow']);
});
