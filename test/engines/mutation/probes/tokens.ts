import type { Probe } from '../probe.js';
import { type Ask, asking } from '../request.js';
import { now, token, type TokenOptions } from '../tokens.js';
import type { World } from '../world.js';

const PATH = '/users/any';

/** Tokens of every kind, good and bad, on a route that takes those of all users. */
export function tokenProbes(): Probe[] {
  const ask = (name: string, request: Partial<Ask>) => asking(`token: ${name}`, { path: PATH, ...request });
  const of =
    (issuer: string) =>
    (name: string, options: TokenOptions = {}) =>
      ask(`${issuer}, ${name}`, { token: (world) => token(world, issuer, 'api', options) });
  const people = of('people');
  const partners = of('partners');
  const header = (name: string, value: (text: string) => string) =>
    ask(name, { headers: [], raw: undefined, ...withHeader(value) });
  return [
    people('good'),
    ask('none', {}),
    ask('good, of HTTP/1.1', { http1: true, token: (world) => token(world, 'people', 'api') }),
    people('just ended', { claims: { exp: () => now() - 20 } }),
    people('ended', { claims: { exp: () => now() - 40 } }),
    people('without an end', { claims: { exp: undefined } }),
    people('about to begin', { claims: { nbf: () => now() + 20 } }),
    people('not yet begun', { claims: { nbf: () => now() + 40 } }),
    people('of another audience', { claims: { aud: 'https://elsewhere.example' } }),
    people('with a list of audiences', { claims: { aud: ['x', 'https://api.proof.example'] } }),
    people('with an empty list of audiences', { claims: { aud: [] } }),
    people('of an unknown issuer', { claims: { iss: 'https://elsewhere.example' } }),
    people('of another type', { header: { typ: 'JWT' } }),
    people('of the type in upper case', { header: { typ: 'AT+JWT' } }),
    people('of no type', { header: { typ: undefined } }),
    people('with a critical header', { header: { crit: ['x'] } }),
    people('for something else', { claims: { token_use: 'id' } }),
    people('for nothing', { claims: { token_use: undefined } }),
    people('with an unknown key id', { header: { kid: 'nobody' } }),
    people('signed by the second key', { key: 1 }),
    people('revoked by itself', { claims: { jti: 'revoked-token' } }),
    people('revoked by itself until another day', { claims: { jti: 'revoked-alone' } }),
    people('once revoked by itself', { claims: { jti: 'ended-token' } }),
    people('of a revoked session', { claims: { sid: 'revoked-session' } }),
    people('of a revoked client', { claims: { client_id: 'revoked-client' } }),
    people('of a revoked subject', { claims: { sub: 'revoked-subject' } }),
    people('of a subject revoked before', { claims: { sub: 'revoked-before', iat: 1_700_000_000 } }),
    people('of a subject revoked before it was issued', { claims: { sub: 'revoked-before' } }),
    people('of a subject revoked before, without a time', {
      claims: { sub: 'revoked-before', iat: undefined },
    }),
    people('as long as can be', { claims: { padding: 'x'.repeat(5_500) } }),
    people('too long', { claims: { padding: 'x'.repeat(6_500) } }),
    partners('good'),
    partners('of another client', { claims: { client_id: 'shop' } }),
    partners('of no client', { claims: { client_id: undefined } }),
    ask('of a pipeline', { token: (world) => token(world, 'pipelines.pipeline-example', 'api') }),
    ...['people', 'partners', 'pipelines.pipeline-example'].flatMap((issuer) => [
      of(issuer)('signed with RSA', { key: 2 }),
      of(issuer)('signed with another curve', { key: 3 }),
      of(issuer)('with a header that is critical', { header: { crit: ['x'] } }),
    ]),
    ask('in the query', { path: PATH, raw: (trace, world) => inQuery(trace, world), http1: true }),
    ask('two', { http1: true, raw: (trace, world) => withTwo(trace, world) }),
    header('of another scheme', (text) => `Basic ${text}`),
    header('after another scheme', (text) => `Basic Bearer ${text}`),
    header('with the scheme in lower case', (text) => `bearer ${text}`),
    header('with padding', (text) => `Bearer ${text}==`),
    header('with a changed signature', (text) => `Bearer ${text.slice(0, -8)}AAAAAAAA`),
    header('without its signature', (text) => `Bearer ${text.split('.').slice(0, 2).join('.')}.`),
    ask('that is bad, on a public route', {
      path: '/public',
      token: (world) => token(world, 'people', 'api', { claims: { exp: () => now() - 3600 } }),
    }),
    ask('that is good, on a public route', {
      path: '/public',
      token: (world) => token(world, 'people', 'api'),
    }),
    ask('that is bad, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'people', 'api', { header: { crit: ['x'] } }),
    }),
    ask('of another scheme, at an unknown host', {
      authority: 'nobody.proof.example',
      headers: [['authorization', 'Basic x']],
    }),
    ask('that is too long, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'people', 'api', { claims: { padding: 'x'.repeat(6_500) } }),
    }),
    ask('of an algorithm it does not use, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'partners', 'api', { key: 2 }),
    }),
    ask('of another type, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'people', 'api', { header: { typ: 'JWT' } }),
    }),
    ask('for something else, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'people', 'api', { claims: { token_use: 'id' } }),
    }),
    ask('that is good, at an unknown host', {
      authority: 'nobody.proof.example',
      token: (world) => token(world, 'people', 'api'),
    }),
  ];
}

function withHeader(value: (text: string) => string): Pick<Ask, 'http1' | 'raw'> {
  return {
    http1: true,
    raw: (trace, world) => request(trace, `authorization: ${value(token(world, 'people', 'api'))}\r\n`),
  };
}

function withTwo(trace: string, world: World): string {
  const line = `authorization: Bearer ${token(world, 'people', 'api')}\r\n`;
  return request(trace, line + line);
}

function inQuery(trace: string, world: World): string {
  return request(trace, '', `${PATH}?access_token=${token(world, 'people', 'api')}`);
}

function request(trace: string, lines: string, path = PATH): string {
  return `GET ${path} HTTP/1.1\r\nhost: api.proof.example\r\ntraceparent: ${trace}\r\n${lines}\r\n`;
}
