import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import shop from '../../examples/shop/model.js';
import { envoyFiles, pointKeys } from '../../lib/envoy/index.js';
import {
  allowOut,
  cognito,
  http,
  login,
  oidc,
  PLAN_VERSION,
  refsOf,
  resolve,
  type Template,
  workload,
} from '../../lib/index.js';
import { pointConfiguration } from '../../lib/point/configuration.js';

const text = readFileSync(join(__dirname, '../../docs/plan.md'), 'utf8');
const now = new Date('2026-11-23T12:00:00Z');
const egress = [allowOut(workload('refunds')).to('https://api.bank.example')];
const plan = resolve({ ...shop, egress }, { now });

/** The shop with a directory that the engine makes. */
const directory = resolve(
  {
    ...shop,
    identity: {
      ...shop.identity,
      providers: {
        ...shop.identity!.providers,
        people: cognito({
          directory: 'staff',
          clients: Object.fromEntries(Object.keys(shop.services).map((name) => [name, 'web'])),
          sharedAudience: Object.keys(shop.services),
          mfa: { claim: 'amr', value: 'mfa' },
        }),
      },
    },
  },
  { engine: 'aws', now },
);

/** The shop with a window that browsers sign in to, at a provider whose token endpoint is at another server. */
const signedIn = resolve(
  {
    ...shop,
    identity: {
      ...shop.identity,
      providers: {
        ...shop.identity!.providers,
        people: oidc({
          ...shop.identity!.providers!['people']!,
          endpoints: {
            authorization: 'https://login.shop.example/authorize',
            token: 'https://tokens.shop.example/token',
            endSession: 'https://login.shop.example/leave',
          },
        }),
      },
    },
    services: {
      ...shop.services,
      web: http({ host: 'www.shop.example', login: login({ provider: 'people', clientId: 'www' }) }),
    },
  },
  { now },
);

/** The names between backticks, `…/port` completed from the name before it. */
const documented = new Set<string>();
for (const line of text.split('\n')) {
  let before = '';
  for (const [, name = ''] of line.matchAll(/`([^`]+)`/g)) {
    const whole = name.startsWith('…/')
      ? `${before.slice(0, before.lastIndexOf('/'))}${name.slice(1)}`
      : name;
    documented.add(whole);
    before = whole;
  }
}

test('the document names every field of a plan', () => {
  const named = (node: object) => Object.keys(node).filter((name) => !documented.has(name));
  expect(named(plan)).toEqual([]);
  const { gateway, certificates, connections, firewall, decisionLog, revocation } = plan;
  for (const node of [gateway, certificates, connections, firewall, decisionLog, revocation]) {
    expect(named(node)).toEqual([]);
  }
  expect(named(certificates.workload)).toEqual([]);
  for (const issuer of [...Object.values(plan.issuers), directory.issuers['people']!]) {
    expect(named(issuer)).toEqual([]);
    expect(named(issuer.directory ?? {})).toEqual([]);
  }
  for (const { sidecar, ...service } of Object.values(plan.services)) {
    expect(named(service)).toEqual([]);
    expect(Object.keys(sidecar).filter((name) => !documented.has(`sidecar.${name}`))).toEqual([]);
  }
  expect(named(plan.egress!)).toEqual([]);
  for (const node of Object.values(plan.egress!.destinations)) expect(named(node)).toEqual([]);
  expect(named(signedIn.services['web']!.login!)).toEqual([]);
  expect(text).toContain(`\`${PLAN_VERSION}\``);
});

test('the document names every reference, and no other', () => {
  const used = new Set<string>();
  const decided = resolve({
    ...shop,
    egress,
    services: Object.fromEntries(
      Object.entries(shop.services).map(([name, service]) => [
        name,
        { ...service, decisionService: 'everyPoint' },
      ]),
    ),
  });
  for (const point of pointKeys(decided)) {
    const rendered = [decided, signedIn]
      .filter((known) => pointKeys(known).includes(point))
      .flatMap((known) => [
        ...Object.values(envoyFiles(known, point)),
        envoyFiles(known, point, undefined, { decision: 'socket' }).bootstrap,
      ]);
    const deferred = pointKeys(directory).includes(point)
      ? refsOf(pointConfiguration(directory, point) as unknown as Template)
      : [];
    for (const name of [...rendered.flatMap((template) => refsOf(template as Template)), ...deferred]) {
      used.add(
        name
          .replace(
            /^services\/[^/]+\/sidecar\/outbound\/[^/]+/,
            'services/<service>/sidecar/outbound/<service>',
          )
          .replace(/^services\/[^/]+\/sidecar\/egress\/[^/]+/, 'services/<service>/sidecar/egress/<host>')
          .replace(/^egress\/[^/]+\.[^/]+/, 'egress/<host>')
          .replace(/^services\/[^/]+\/(endpoint|application|login)/, 'services/<service>/$1')
          .replace(/^issuers\/[^/]+/, 'issuers/<issuer>')
          .replace(/\/clients\/[^/]+/, '/clients/<client>')
          .replace(/\/keys\/[^/]+/, '/keys/<issuer>')
          .replace(
            /^(gateway|egress|services\/[^/<]+\/sidecar)\/(?=(listen|ready|admin|decision|keys|routes|secrets)\/)(?!secrets\/edge)/,
            '<point>/',
          ),
      );
    }
  }
  const start = text.indexOf('| Name | Value |');
  const listed = [...documented].filter((name) =>
    /^(<point>|gateway|egress|services|issuers|directories)\//.test(name),
  );
  expect(start).toBeGreaterThan(0);
  expect([...used].sort()).toEqual(
    listed.filter((name) => !/^((services|issuers)\/<name>|egress\/<host>$)/.test(name)).sort(),
  );
});
