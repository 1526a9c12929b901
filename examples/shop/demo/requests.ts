import { CONNECTION } from 'zero-trust-platform';
import { BANK, RATES } from '../egress.js';
import { type Said, SIGNING_IN } from './signing-in.js';

/** Who holds a token, and what is wrong with it. */
export interface TokenWish {
  /** A user of `users.yaml`, or `pipeline:deploy`. */
  readonly of: string;
  readonly issuer?: 'people' | 'partners';
  /** The service whose audience it names. @default the service that is called */
  readonly audience?: string;
  readonly scope?: string;
  readonly mfa?: boolean;
  readonly expired?: boolean;
  /** Bound to the demo's client certificate (RFC 8705). */
  readonly bound?: boolean;
  /** Exchanged by a workload that acts for the user (RFC 8693). */
  readonly exchangedBy?: string;
}

/** One request of the table. */
export interface DemoRequest {
  readonly title: string;
  /** Where it goes: through the gateway, straight at a service's sidecar with its caller's key, or out. */
  readonly to: 'gateway' | 'egress' | { readonly sidecar: string };
  /** The service whose host it names, or the host outside. @default the service of the sidecar */
  readonly host: string;
  readonly method: string;
  readonly path: string;
  readonly token?: TokenWish;
  /** An `Authorization` header as it stands, in place of a token. */
  readonly authorization?: string;
  /** What a browser says of where the request comes from. @default nothing */
  readonly says?: Said;
  /** Who has signed in to `desk`, and whose cookies are there. */
  readonly session?: string;
  /** The workload that calls, with its own certificate. */
  readonly as?: string;
  /** Through the caller's own sidecar, by `ZTP_<SERVICE>_URL` or `ZTP_EGRESS_<HOST>_URL`, as its application would call. */
  readonly outbound?: boolean;
  /**
   * What the connection shows: the workload's certificate, none, one of another trust domain, one with
   * our gateway's name from nobody, no TLS at all; at the gateway a client's own certificate, or another than the token is bound to.
   */
  readonly shows?: 'nothing' | 'foreign' | 'impostor' | 'plain' | 'client' | 'other-client';
}

/** The service that a request is meant for: whose protocol it speaks, and for whom its token is. */
export function calledService({ to, host }: DemoRequest): string {
  return typeof to === 'string' ? host : to.sidecar;
}

const gateway = 'gateway';

function through(
  title: string,
  host: string,
  method: string,
  path: string,
  more: Partial<DemoRequest> = {},
): DemoRequest {
  return { title, to: gateway, host, method, path, ...more };
}

function straight(
  title: string,
  as: string | undefined,
  sidecar: string,
  method: string,
  path: string,
  more: Partial<DemoRequest> = {},
): DemoRequest {
  return { title, to: { sidecar }, host: sidecar, method, path, ...(as && { as }), ...more };
}

function out(
  title: string,
  as: string | undefined,
  host: string,
  method: string,
  path: string,
  more: Partial<DemoRequest> = {},
): DemoRequest {
  return { title, to: 'egress', host, method, path, ...(as && { as }), ...more };
}

/** What leaves the platform, and what does not. */
const LEAVING: readonly DemoRequest[] = [
  out('payments calls its bank', 'payments', BANK, 'POST', '/transfers', { outbound: true }),
  out('the same at the way out', 'payments', BANK, 'POST', '/transfers'),
  out('orders asks for rates', 'orders', RATES, 'GET', '/rates/eur', { outbound: true }),
  out('another workload at the bank', 'orders', BANK, 'POST', '/transfers'),
  out('a workload with no way out', 'web', BANK, 'POST', '/transfers'),
  out('another path of the bank', 'payments', BANK, 'GET', '/accounts'),
  out('another method', 'payments', BANK, 'DELETE', '/transfers/7'),
  out('.. to climb out of /rates', 'orders', RATES, 'GET', '/rates/../admin'),
  out('a host that no rule names', 'payments', 'evil.example', 'POST', '/transfers'),
  out("a cloud's metadata", 'payments', '169.254.169.254', 'GET', '/latest/meta-data'),
  out('a rule in audit', 'reports', RATES, 'GET', '/history/2026'),
  out('plain HTTP to the way out', undefined, BANK, 'POST', '/transfers', { shows: 'plain' }),
  out('no certificate', undefined, BANK, 'POST', '/transfers', { shows: 'nothing' }),
  out('another trust domain', undefined, BANK, 'POST', '/transfers', { shows: 'foreign' }),
];

function connection(title: string, as: string | undefined, more: Partial<DemoRequest> = {}): DemoRequest {
  return straight(title, as, 'ledger', CONNECTION, '/', more);
}

/** Who connects to the shop's database. */
const CONNECTIONS: readonly DemoRequest[] = [
  connection('orders connects to the ledger', 'orders', { outbound: true }),
  connection('the same at its sidecar', 'orders'),
  connection('payments, from elsewhere', 'payments', { outbound: true }),
  connection('a workload in audit', 'reports', { outbound: true }),
  connection('a workload that no rule names', 'web'),
  connection('the gateway', gateway),
  connection('the database itself', 'ledger'),
  connection('another service there', 'orders', { host: 'orders' }),
  connection('a connection without TLS', undefined, { shows: 'plain' }),
  connection('one without a certificate', undefined, { shows: 'nothing' }),
  connection('one of another trust domain', undefined, { shows: 'foreign' }),
];

/** A call that each service's sidecar admits under its own host: who makes it, and with whose token. */
const ADMITTED: Readonly<Record<string, Pick<DemoRequest, 'method' | 'path' | 'token'> & { as: string }>> = {
  web: { as: gateway, method: 'GET', path: '/' },
  orders: { as: 'web', method: 'GET', path: '/orders/17' },
  payments: {
    as: 'orders',
    method: 'POST',
    path: '/shop.Payments/Charge',
    token: { of: 'alice', exchangedBy: 'orders' },
  },
  refunds: { as: gateway, method: 'POST', path: '/refunds/17', token: { of: 'carol', mfa: true } },
  reports: { as: gateway, method: 'POST', path: '/releases', token: { of: 'pipeline:deploy' } },
};

/** What a service's sidecar admits, under its own host and under that of every other service. */
function hosts(): DemoRequest[] {
  return Object.entries(ADMITTED).flatMap(([sidecar, { as, method, path, token }]) => {
    const asked = (title: string, host: string) =>
      straight(title, as, sidecar, method, path, {
        host,
        ...(token && { token }),
      });
    const others = Object.keys(ADMITTED).filter((host) => host !== sidecar);
    return [
      asked(`its own host at ${sidecar}`, sidecar),
      ...others.map((host) => asked(`host of ${host} at ${sidecar}`, host)),
    ];
  });
}

/** What the demo asks of the running shop. */
export const REQUESTS: readonly DemoRequest[] = [
  through('the public window', 'web', 'GET', '/'),
  through('no token where one is needed', 'orders', 'GET', '/orders/17'),
  through('a good token', 'orders', 'GET', '/orders/17', { token: { of: 'alice' } }),
  through('an expired token', 'orders', 'GET', '/orders/17', { token: { of: 'alice', expired: true } }),
  through('a token for another service', 'orders', 'GET', '/orders/17', {
    token: { of: 'alice', audience: 'reports' },
  }),
  through('a bad token on a public route', 'web', 'GET', '/', {
    token: { of: 'alice', audience: 'orders' },
  }),
  through('not a bearer token', 'web', 'GET', '/', { authorization: 'Basic YWxpY2U6c2VjcmV0' }),
  through('the right group', 'web', 'GET', '/admin/stock', { token: { of: 'alice' } }),
  through('the wrong group', 'web', 'GET', '/admin/stock', { token: { of: 'dave' } }),
  through('a refund, one factor', 'refunds', 'POST', '/refunds/17', {
    token: { of: 'carol', mfa: false },
  }),
  through('a refund, two factors', 'refunds', 'POST', '/refunds/17', {
    token: { of: 'carol', mfa: true },
  }),
  through('a scope that is there', 'orders', 'POST', '/orders', {
    token: { of: 'bob', scope: 'orders:write' },
  }),
  through('%2f to climb out of /assets', 'web', 'GET', '/assets%2f..%2fadmin/stock'),
  through('.. to climb out of /assets', 'web', 'GET', '/assets/../admin/stock'),
  through('a partner cancels an order', 'orders', 'DELETE', '/orders/17', {
    token: { of: 'pat', issuer: 'partners' },
  }),
  through('a bound token, its certificate', 'refunds', 'POST', '/payouts', {
    token: { of: 'carol', mfa: true, bound: true },
    shows: 'client',
  }),
  through('a bound token, another one', 'refunds', 'POST', '/payouts', {
    token: { of: 'carol', mfa: true, bound: true },
    shows: 'other-client',
  }),
  through('the pipeline notes a release', 'reports', 'POST', '/releases', {
    token: { of: 'pipeline:deploy' },
  }),
  through('a route that no rule knows', 'reports', 'GET', '/secrets', { token: { of: 'alice' } }),
  straight('a workload with permission', 'web', 'orders', 'GET', '/orders/17'),
  straight('the same by ZTP_ORDERS_URL', 'web', 'orders', 'GET', '/orders/17', { outbound: true }),
  straight('a workload without permission', 'web', 'payments', 'POST', '/shop.Payments/Charge'),
  straight('a workload for its user', 'orders', 'payments', 'POST', '/shop.Payments/Charge', {
    token: { of: 'alice', audience: 'payments', exchangedBy: 'orders' },
  }),
  straight('a workload without its user', 'orders', 'payments', 'POST', '/shop.Payments/Charge'),
  straight("a user's token, replayed", 'web', 'orders', 'GET', '/orders', {
    token: { of: 'alice' },
  }),
  straight("the pipeline's token, replayed", 'web', 'reports', 'POST', '/releases', {
    token: { of: 'pipeline:deploy' },
  }),
  straight('a workload on a public route', 'orders', 'web', 'GET', '/'),
  straight('plain HTTP to a sidecar', undefined, 'orders', 'GET', '/orders/17', { shows: 'plain' }),
  straight('no certificate', undefined, 'orders', 'GET', '/orders/17', { shows: 'nothing' }),
  straight('a peer of another trust domain', undefined, 'orders', 'GET', '/orders/17', {
    shows: 'foreign',
  }),
  straight("the gateway's name, self-signed", undefined, 'orders', 'GET', '/orders/17', {
    shows: 'impostor',
  }),
  ...SIGNING_IN,
  ...hosts(),
  ...CONNECTIONS,
  ...LEAVING,
];
