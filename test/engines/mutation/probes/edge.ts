import { STRIPPED_HEADERS } from '../../../../lib/envoy/stripped-headers.js';
import type { Probe } from '../probe.js';
import { type Ask, asking } from '../request.js';
import { BEHAVIOUR } from '../server.js';
import { token } from '../tokens.js';
import { strippingProbes } from './stripping.js';

const PAGE = 'https://app.proof.example';
const GRPC = { method: 'POST', authority: 'ledger.proof.example' } as const;
/** Bytes above the limit of the model. */
const LARGE = 'x'.repeat(20_001);

/** What only a gateway does: preflights, headers that are stripped, bound tokens, limits, and whom it calls. */
export function edgeProbes(thumbprint: string): Probe[] {
  const ask = (name: string, request: Ask) => asking(`edge: ${name}`, request);
  const preflight = (name: string, origin: string, method = 'GET', path = '/users/any', host?: string) =>
    ask(`preflight, ${name}`, {
      path,
      method: 'OPTIONS',
      ...(host !== undefined && { authority: host }),
      headers: [
        ['origin', origin],
        ['access-control-request-method', method],
        ['access-control-request-headers', 'authorization'],
      ],
    });
  const bound = (name: string, as: string, claims: object, header: object = {}) =>
    ask(`bound, ${name}`, {
      path: '/bound',
      as,
      token: (world) => token(world, 'people', 'api', { claims: { ...claims }, header: { ...header } }),
    });
  const cnf = { 'x5t#S256': thumbprint };
  return [
    preflight('of the page', PAGE),
    preflight('of another page', 'https://elsewhere.example'),
    preflight('of another method', PAGE, 'PATCH'),
    preflight('where nothing is', PAGE, 'GET', '/nothing'),
    preflight('at a service without pages', PAGE, 'GET', '/', 'shop.proof.example'),
    ask('preflight, without a trace', {
      path: '/users/any/untraced',
      method: 'OPTIONS',
      untraced: true,
      headers: [
        ['origin', PAGE],
        ['access-control-request-method', 'GET'],
      ],
    }),
    ask('options without a method', { path: '/users/any', method: 'OPTIONS', headers: [['origin', PAGE]] }),
    ask('a request of the page', { path: '/public', headers: [['origin', PAGE]] }),
    ask('a request of another page', { path: '/public', headers: [['origin', 'https://elsewhere.example']] }),
    ask('a refused request of the page', { path: '/users/any', headers: [['origin', PAGE]] }),

    ...strippingProbes('edge', STRIPPED_HEADERS.gateway),
    ask('strips a certificate that is claimed', {
      path: '/public',
      as: 'ledger',
      headers: [['x-forwarded-client-cert', 'URI=spiffe://local.test.proof.example/ns/default/sa/api']],
    }),
    ask('keeps other headers', {
      path: '/public',
      headers: [
        ['x-other', 'kept'],
        ['tracestate', 'a=b'],
      ],
    }),
    ask('tells where a request comes from', {
      path: '/public',
      headers: [
        ['x-forwarded-for', '203.0.113.9'],
        ['x-forwarded-proto', 'http'],
        ['x-real-ip', '203.0.113.9'],
      ],
    }),
    ask('takes no orders', {
      path: '/public',
      headers: [
        ['x-envoy-upstream-rq-timeout-ms', '1'],
        ['x-envoy-max-retries', '3'],
        ['x-envoy-original-path', '/users/any'],
      ],
    }),

    bound('to the certificate', 'ledger', { cnf }),
    bound('to another', 'api', { cnf }),
    bound('without one', 'none', { cnf }),
    bound('to none', 'ledger', {}),
    bound('in the header', 'ledger', {}, { cnf }),
    bound('empty', 'none', { cnf: { 'x5t#S256': '' } }),

    ask('a body of the largest size', { path: '/public', method: 'POST', body: LARGE.slice(1) }),
    ask('a body that is too large', { path: '/public', method: 'POST', body: LARGE, http1: true }),
    ask('a body that is too large, refused first', {
      path: '/users/any',
      method: 'POST',
      body: LARGE,
      http1: true,
    }),
    ask('headers that are too large', {
      path: '/public',
      http1: true,
      headers: [['x-large', 'x'.repeat(70_000)]],
    }),

    ask('a call', { ...GRPC, path: '/proof.Ledger/Open', headers: [['content-type', 'application/grpc']] }),
    ask('a call with a large message', { ...GRPC, path: '/proof.Ledger/Open', body: LARGE }),
    ask('a call that needs a token', {
      ...GRPC,
      path: '/proof.Ledger/Book',
      headers: [['content-type', 'application/grpc']],
    }),
    ask('a call with a token', {
      ...GRPC,
      path: '/proof.Ledger/Book',
      token: (world) => token(world, 'people', 'ledger'),
    }),
    ask('a call with the token of another service', {
      ...GRPC,
      path: '/proof.Ledger/Book',
      token: (world) => token(world, 'people', 'api'),
    }),
    ask('a call that no rule knows', { ...GRPC, path: '/proof.Ledger/Close' }),
    ask('a partner where no partner is', {
      ...GRPC,
      path: '/proof.Ledger/Open',
      token: (world) => token(world, 'partners', 'api'),
    }),

    ask('a service that is closed', { path: '/', authority: 'closed.proof.example' }),
    ask('a service whose rule is of another', { path: '/public', authority: 'shop.proof.example' }),
    ask('a failure of the application', { path: '/public', headers: [[BEHAVIOUR, 'fail']] }),
  ];
}

/** Servers that are not whom a point should call: what its clients see then. */
export function peerProbes(path: string, outbound: boolean): Probe[] {
  return ['renamed', 'foreign', 'curved', 'dated', 'hybrid', 'classic'].map((name) =>
    asking(`calls the server ${name}${outbound ? ' by its listener' : ''}`, {
      path,
      ...(outbound ? { outbound: name } : { authority: `${name}.proof.example` }),
    }),
  );
}
