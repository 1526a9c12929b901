import { STRIPPED_HEADERS } from '../../../../lib/envoy/stripped-headers.js';
import type { Probe } from '../probe.js';
import { type Ask, asking } from '../request.js';
import { now, token, type TokenOptions } from '../tokens.js';
import { strippingProbes } from './stripping.js';

/** Tokens that are enough at their paths where they come through a gateway, or that a challenge would answer. */
const REPLAYED: readonly (readonly [string, string, NonNullable<TokenOptions['claims']>])[] = [
  ['people', '/users/team', { team: 'blue' }],
  ['partners', '/users/team', { team: 'blue' }],
  ['people', '/users/scoped', { scope: 'api:write' }],
  ['partners', '/users/scoped', { scp: 'api:write' }],
  ['people', '/users/staff', { groups: ['staff'] }],
  ['partners', '/users/carrier', { realm: { roles: ['carrier'] } }],
  ['people', '/users/golden', { tier: 'gold', level: 7, active: true }],
  ['people', '/when/mfa', { amr: ['mfa'] }],
  ['people', '/when/recent', { auth_time: () => now() - 60 }],
  ['people', '/when/device', { compliant: true }],
  ['people', '/when/department', { department: 'finance' }],
  ['people', '/when/region', { place: { region: 'north' } }],
  ['people', '/unless/mfa', { amr: ['mfa'] }],
  ['people', '/unless/recent', { auth_time: () => now() - 1_800 }],
  ['people', '/unless/both', {}],
  ['people', '/audit/allow', {}],
  ['partners', '/users/any', {}],
];

/** What only a sidecar does: its peers by their certificates, and its workload's own calls. */
export function meshProbes(): Probe[] {
  const ask = (name: string, request: Ask) => asking(`mesh: ${name}`, request);
  const user = (world: Parameters<NonNullable<Ask['token']>>[0]) => token(world, 'people', 'api');
  const paths = [
    '/public',
    '/peers/known',
    '/peers/denied',
    '/peers/behalf',
    '/peers/near',
    '/peers/far',
    '/when/near',
    '/when/far',
    '/users/any',
  ];
  return [
    ...['ledger', 'shop', 'api'].flatMap((as) => [
      ...paths.map((path) => ask(`${as} at ${path}`, { as, path })),
      ...paths.map((path) => ask(`${as} with a token at ${path}`, { as, path, token: user })),
    ]),
    // A workload with somebody's token is not that somebody, however good the token is.
    ...REPLAYED.map(([issuer, path, claims]) =>
      ask(`ledger with a token of ${issuer} at ${path}`, {
        as: 'ledger',
        path,
        token: (world) => token(world, issuer, 'api', { claims }),
      }),
    ),
    ask('a token that is bound, from a gateway', {
      path: '/bound',
      token: (world) => token(world, 'people', 'api', { claims: { cnf: { 'x5t#S256': 'x' } } }),
    }),
    ask('a token that is bound to nothing', {
      path: '/bound',
      token: (world) => token(world, 'people', 'api', { claims: { cnf: { 'x5t#S256': '' } } }),
    }),
    ask('a token that is bound, from a workload', {
      as: 'ledger',
      path: '/bound',
      token: (world) => token(world, 'people', 'api', { claims: { cnf: { 'x5t#S256': 'x' } } }),
    }),
    ask('a certificate that is claimed', {
      path: '/public',
      headers: [['x-forwarded-client-cert', 'URI=spiffe://local.test.proof.example/ns/default/sa/ledger']],
    }),
    ask('the host of another service', { path: '/public', authority: 'ledger.proof.example' }),
    ask('a preflight', {
      path: '/users/any',
      method: 'OPTIONS',
      headers: [
        ['origin', 'https://app.proof.example'],
        ['access-control-request-method', 'GET'],
      ],
    }),
    ask('a large body', { path: '/public', method: 'POST', body: 'x'.repeat(20_001) }),
    ...strippingProbes('mesh', STRIPPED_HEADERS.sidecar),
  ];
}

/** The calls of a sidecar's workload. */
export function outboundProbes(): Probe[] {
  const ask = (name: string, request: Ask) => asking(`outbound: ${name}`, request);
  return [
    ask('to a service', { outbound: 'shop', path: '/a?b=c' }),
    ask('with a token', { outbound: 'shop', path: '/', headers: [['authorization', 'Bearer x']] }),
    ask('to another host', { outbound: 'shop', path: '/', authority: 'shop.proof.example' }),
    ask('with headers of identity', {
      outbound: 'shop',
      path: '/',
      headers: [
        ['x-forwarded-client-cert', 'URI=spiffe://local.test.proof.example/ns/default/sa/gateway'],
        ['x-forwarded-for', '203.0.113.9'],
        ['x-envoy-upstream-rq-timeout-ms', '1'],
      ],
    }),
    ask('to a service of calls', { outbound: 'ledger', path: '/proof.Ledger/Call', method: 'POST' }),
    ask('a failure', { outbound: 'shop', path: '/', headers: [['x-behave', 'fail']] }),
  ];
}

/** A service of calls, behind its sidecar. */
export function callProbes(): Probe[] {
  const authority = 'ledger.proof.example';
  const call = (name: string, request: Partial<Ask>) =>
    asking(`call: ${name}`, { method: 'POST', authority, path: '/proof.Ledger/Open', ...request });
  return [
    call('of anyone', {}),
    call('of a user', { path: '/proof.Ledger/Book', token: (world) => token(world, 'people', 'ledger') }),
    ...['people', 'partners', 'pipelines.pipeline-example'].flatMap((issuer) => [
      call(`of ${issuer}`, { token: (world) => token(world, issuer, 'ledger') }),
      call(`of ${issuer}, for another service`, { token: (world) => token(world, issuer, 'api') }),
    ]),
    call('of nobody', { path: '/proof.Ledger/Book' }),
    call('of a service', { as: 'api', path: '/proof.Ledger/Call' }),
    call('of another service', { as: 'shop', path: '/proof.Ledger/Call' }),
    call('that is large', { body: 'x'.repeat(40_000) }),
  ];
}
