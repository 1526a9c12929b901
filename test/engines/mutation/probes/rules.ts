import type { Probe } from '../probe.js';
import { type Ask, asking } from '../request.js';
import { now, token, type TokenOptions } from '../tokens.js';

type Changes = NonNullable<TokenOptions['claims']>;

/** What each rule admits and what it does not, each condition met and missed. */
export function ruleProbes(): Probe[] {
  const ask = (name: string, request: Ask) => asking(`rule: ${name}`, request);
  const by =
    (issuer: string) =>
    (name: string, path: string, claims: Changes = {}, more: Partial<Ask> = {}) =>
      ask(`${path} ${issuer} ${name}`, {
        path,
        token: (world) => token(world, issuer, 'api', { claims }),
        ...more,
      });
  const people = by('people');
  const partners = by('partners');
  const release = by('pipelines.pipeline-example');
  const carrier = { realm: { roles: ['carrier'] } };
  const golden = { tier: 'gold', level: 7, active: true };
  const finance = { department: 'finance', region: 'north' };
  return [
    ask('a path', { path: '/public' }),
    ask('another method', { path: '/public', method: 'PUT' }),
    ask('a parameter', { path: '/public/a-b' }),
    ask('a parameter and more', { path: '/public/a/b' }),
    ask('a longer name', { path: '/publicity' }),
    ask('no rule', { path: '/nothing' }),
    ask('the root', { path: '/' }),
    ask('zero segments more', { path: '/files' }),
    ask('two segments more', { path: '/files/a/b' }),
    ask('a longer first segment', { path: '/filesystem' }),
    ask('a deny over an allow', { path: '/files/a', method: 'DELETE' }),
    ask('a deny over an allow, zero segments more', { path: '/files', method: 'DELETE' }),
    ask('a hundred headers and more', {
      path: '/public',
      headers: Array.from({ length: 120 }, (_, at) => [`x-${at}`, 'x'] as const),
    }),
    ask('an id of its own', {
      path: '/public',
      headers: [['x-request-id', '00000000-0000-4000-8000-000000000000']],
    }),
    ask('an id that is none', { path: '/public', headers: [['x-request-id', 'chosen']] }),
    ask('with a query', { path: '/public?x=/users/any' }),
    ask('head', { path: '/public', method: 'HEAD' }),
    ask('a body', { path: '/public', method: 'POST', body: 'x'.repeat(1_000), http1: true }),

    people('staff', '/users/staff', { groups: ['other', 'staff'] }),
    people('staff, as a string', '/users/staff', { groups: 'staff' }),
    people('nobody', '/users/staff', { groups: ['staffer'] }),
    people('without groups', '/users/staff'),
    ask('staff, without a token', { path: '/users/staff' }),
    partners('of staff', '/users/staff', { groups: ['staff'], realm: { roles: ['staff'] } }),
    partners('carrier', '/users/carrier', carrier),
    partners('carrier, as a string', '/users/carrier', { realm: { roles: 'carrier' } }),
    partners('not nested', '/users/carrier', { roles: ['carrier'] }),
    people('carrier of another issuer', '/users/carrier', carrier),
    people('scopes in a string', '/users/scoped', { scope: 'api:read api:write' }),
    people('scopes in a list', '/users/scoped', { scope: ['api:write'] }),
    people('one scope', '/users/scoped', { scope: 'api:write' }),
    people('another scope', '/users/scoped', { scope: 'api:writer' }),
    partners('scopes in a string', '/users/scoped', { scp: 'api:read api:write' }),
    partners('scopes in another claim', '/users/scoped', { scope: 'api:write' }),
    people('of a team', '/users/team', { team: 'blue' }),
    people('of teams', '/users/team', { team: ['red', 'blue'] }),
    partners('of a team', '/users/team', { team: 'blue' }),
    people('of another team', '/users/team', { team: 'red' }),
    partners('where they may be', '/public'),
    partners('where they may not be', '/public/a'),
    people('golden', '/users/golden', golden),
    people('golden in a list', '/users/golden', { ...golden, tier: ['gold'] }),
    people('silver', '/users/golden', { ...golden, tier: 'silver' }),
    people('of another level', '/users/golden', { ...golden, level: 8 }),
    people('not active', '/users/golden', { ...golden, active: false }),
    release('a pipeline', '/releases', {}, { method: 'POST' }),
    release('a pipeline that is denied', '/releases', {}, { method: 'DELETE' }),
    release('another pipeline', '/releases', { sub: 'repo:proof/other' }, { method: 'POST' }),
    people('no pipeline', '/releases', {}, { method: 'POST' }),
    ask('a pipeline without a token', { path: '/releases', method: 'POST' }),

    people('with two factors', '/when/mfa', { amr: ['pwd', 'mfa'] }),
    people('with two factors as a string', '/when/mfa', { amr: 'mfa' }),
    people('with one factor', '/when/mfa', { amr: ['pwd'] }),
    ask('two factors without a token', { path: '/when/mfa' }),
    people('signed in now', '/when/recent', { auth_time: () => now() - 60 }),
    people('signed in long ago', '/when/recent', { auth_time: () => now() - 1_800 }),
    people('signed in later', '/when/recent', { auth_time: () => now() + 600 }),
    people('signed in at no time', '/when/recent'),
    people('compliant', '/when/device', { compliant: true }),
    people('not compliant', '/when/device', { compliant: false }),
    people('of finance', '/when/department', { department: 'finance' }),
    people('of finance in a list', '/when/department', { department: ['it', 'finance'] }),
    people('of sales', '/when/department', { department: 'sales' }),
    people('of a region', '/when/region', { place: { region: 'north' } }),
    people('of regions', '/when/region', { place: { region: ['', 'north'] } }),
    people('of a restricted region', '/when/region', { place: { region: 'restricted' } }),
    people('of a restricted region among others', '/when/region', {
      place: { region: ['north', 'restricted'] },
    }),
    people('of no region', '/when/region', { place: {} }),
    people('of an empty region', '/when/region', { place: { region: '' } }),
    people('of empty regions', '/when/region', { place: { region: [''] } }),
    ask('from near', { path: '/when/near' }),
    ask('from far', { path: '/when/far' }),
    ask('from far, by its own word', { path: '/when/far', headers: [['x-forwarded-for', '198.51.100.7']] }),
    people('without a certificate', '/bound', { cnf: { 'x5t#S256': 'x' } }),
    people('without a binding', '/bound'),

    people('with two factors', '/unless/mfa', { amr: ['mfa'] }),
    people('with two factors as a string', '/unless/mfa', { amr: 'mfa' }),
    people('with one factor', '/unless/mfa'),
    people('with two factors, signed in long ago', '/unless/mfa', {
      amr: ['mfa'],
      auth_time: () => now() - 1_800,
    }),
    people('signed in now', '/unless/recent', { auth_time: () => now() - 60 }),
    people('signed in long ago', '/unless/recent', { auth_time: () => now() - 1_800 }),
    people('signed in later', '/unless/recent', { auth_time: () => now() + 600 }),
    people('signed in before time began', '/unless/recent', { auth_time: -1 }),
    people('signed in at no time', '/unless/recent'),
    people('signed in at a text', '/unless/recent', { auth_time: () => String(now()) }),
    ...[{}, { amr: ['mfa'] }].flatMap((strength) => {
      const how = 'amr' in strength ? ', with two factors' : '';
      const both = { ...strength, ...finance };
      return [
        people(`of a region${how}`, '/unless/region', { ...strength, region: 'north' }),
        people(`of regions${how}`, '/unless/region', { ...strength, region: ['north', 'south'] }),
        people(`of a restricted region${how}`, '/unless/region', { ...strength, region: 'restricted' }),
        people(`of a restricted region among others${how}`, '/unless/region', {
          ...strength,
          region: ['restricted', 'north'],
        }),
        people(`of no region${how}`, '/unless/region', strength),
        people(`both${how}`, '/unless/both', both),
        people(`both in lists${how}`, '/unless/both', {
          ...both,
          department: ['finance'],
          region: ['north'],
        }),
        people(`one${how}`, '/unless/both', { ...both, department: 'sales' }),
        people(`the other${how}`, '/unless/both', { ...both, region: 'restricted' }),
        people(`the other in a list${how}`, '/unless/both', { ...both, region: ['restricted'] }),
      ];
    }),
    partners('nothing', '/unless/both', finance),

    // A rule is about its methods only; who was refused by which rule the log tells.
    ...['/users/any', '/when/mfa', '/unless/recent', '/unless/mfa', '/unless/region', '/audit/allow'].flatMap(
      (path) => [
        ask(`${path} by another method`, { path, method: 'PUT' }),
        people('by another method', path, { auth_time: () => now() - 1_800 }, { method: 'PUT' }),
        people('by another method, signed in at no time', path, {}, { method: 'PUT' }),
      ],
    ),
    ask('a deny in audit by another method', { path: '/audit/deny', method: 'POST' }),
    ask('a deny whose audit has ended', { path: '/audit/over' }),
    ask('a deny in audit', { path: '/audit/deny' }),
    ask('an allow in audit', { path: '/audit/allow' }),
    people('an allow in audit', '/audit/allow'),
    partners('an allow in audit', '/audit/allow'),
    people('a deny in audit', '/audit/deny'),
    partners('a deny in audit', '/audit/deny'),
    ask('an allow whose audit has ended', { path: '/audit/ended' }),
    ask('an allow that is withdrawn', { path: '/withdrawn/now' }),
    ask('an allow that was withdrawn once', { path: '/withdrawn/once' }),
    ask('an unknown host', { path: '/public', authority: 'nobody.proof.example' }),
    ask('the host with a port', { path: '/public', authority: 'api.proof.example:8443' }),
    ask('the host in upper case', { path: '/public', authority: 'API.proof.example' }),
    ask('of a workload', { path: '/peers/known' }),
    people('of a workload on behalf of one', '/peers/behalf'),
  ];
}
