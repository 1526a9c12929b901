import fc from 'fast-check';
import { decide } from '../../lib/policy/decide.js';
import { type ConnectionRequest, decideConnection } from '../../lib/policy/connection.js';
import { isWithin } from '../../lib/policy/condition.js';
import { indexPolicy } from '../../lib/policy/index-rules.js';
import type { AccessRule, Policy, PolicyPrincipal } from '../../lib/policy/policy.js';
import type { Request } from '../../lib/policy/request.js';
import type { Revocation } from '../../lib/policy/revocation.js';

const id = (name: string) => `spiffe://d.example/ns/default/sa/${name}`;
const NOW = 1_900_000_000;

function policyOf(rules: readonly AccessRule[]): Policy {
  const service = (name: string, protocol: 'http' | 'tcp', own: readonly AccessRule[]) => ({
    protocol,
    authority: `${name}.internal`,
    public: false,
    spiffeId: id(name),
    audiences: {},
    rules: own,
  });
  return {
    gateways: [id('gateway')],
    issuers: {},
    services: { ledger: service('ledger', 'tcp', rules), orders: service('orders', 'http', []) },
  };
}

const rule = (one: Partial<AccessRule>): AccessRule => ({
  id: 'r',
  effect: 'allow',
  principals: [{ kind: 'workload', spiffeId: id('orders') }],
  operations: ['tcp'],
  conditions: [],
  ...one,
});
const from = (peer: string | undefined, more: Partial<ConnectionRequest> = {}): ConnectionRequest => ({
  service: 'ledger',
  ...(peer !== undefined && { peer: id(peer) }),
  sourceAddress: '10.0.0.1',
  now: NOW,
  ...more,
});
/** What comes to the sidecar of the ledger. */
const request = (more: Partial<Request> = {}): Request => ({
  point: { kind: 'sidecar', service: 'ledger' },
  peer: id('orders'),
  method: 'CONNECT',
  authority: 'ledger.internal:5432',
  path: '/',
  headers: [],
  credential: { kind: 'none' },
  sourceAddress: '10.0.0.1',
  now: NOW,
  ...more,
});

describe('at the sidecar of a TCP service', () => {
  const index = indexPolicy(policyOf([rule({})]));

  test('no connection comes through a gateway: the certificate of one is like any other', () => {
    const open = indexPolicy(policyOf([rule({ principals: [{ kind: 'anyone' }] })]));
    expect(decideConnection(open, from('gateway')).outcome).toBe('forbidden');
    // At the sidecar of another service a request of a gateway comes through it; no service at all has none.
    const at = (service: string, rules: readonly AccessRule[]) => {
      const { services, ...rest } = policyOf([]);
      const index = indexPolicy({
        ...rest,
        services: { ...services, orders: { ...services['orders']!, rules } },
      });
      const asked = { point: { kind: 'sidecar', service }, peer: id('gateway'), method: 'GET' } as const;
      return decide(index, request({ ...asked, authority: 'orders.internal' })).outcome;
    };
    const everybody = rule({ principals: [{ kind: 'anyone' }], operations: ['GET /'] });
    expect(at('orders', [everybody])).toBe('allow');
    expect(at('nothing', [everybody])).toBe('forbidden');
  });

  test('a connection of a workload that a rule names is admitted', () => {
    const admitted = { outcome: 'allow', service: 'ledger', rule: 'r', operation: 'tcp' };
    expect(decideConnection(index, from('orders'))).toMatchObject(admitted);
    expect(decide(index, request())).toMatchObject(admitted);
  });

  test('nobody else connects', () => {
    for (const peer of ['reports', 'ledger', 'gateway', undefined]) {
      expect(decideConnection(index, from(peer)).outcome).toBe('forbidden');
    }
  });

  test('what is no connection to this service is forbidden, and nothing of it is read', () => {
    expect(decide(index, request({ method: 'GET' }))).toEqual({
      outcome: 'forbidden',
      reason: 'no connection',
      service: 'ledger',
    });
    const strange: Partial<Request> = {
      path: '//a',
      headers: [['x_a', 'b']],
      credential: { kind: 'malformed', reason: 'x' },
    };
    expect(decide(index, request({ method: 'POST', ...strange })).outcome).toBe('forbidden');
    expect(decide(index, request(strange)).outcome).toBe('allow');
    for (const authority of ['orders.internal', 'other.internal']) {
      const unknown = { outcome: 'forbidden', reason: 'unknown service' };
      expect(decide(index, request({ authority }))).toEqual(unknown);
    }
  });

  test('there is no connection at any other point', () => {
    const elsewhere = [{ kind: 'gateway' }, { kind: 'sidecar', service: 'orders' }] as const;
    for (const point of elsewhere) {
      expect(decide(index, request({ point }))).toMatchObject({ outcome: 'nonCanonical' });
    }
  });

  test('a service that the policy does not have is a mistake', () => {
    expect(() => decideConnection(index, from('orders', { service: 'no' }))).toThrow(RangeError);
  });

  test('fractions of a second count for nothing', () => {
    const audited = indexPolicy(policyOf([rule({ auditUntil: NOW })]));
    expect(decideConnection(audited, from('orders', { now: NOW - 0.1 }))).toMatchObject({
      outcome: 'forbidden',
      wouldAllow: 'r',
    });
    expect(decideConnection(audited, from('orders', { now: NOW + 0.9 })).outcome).toBe('allow');
  });

  test('a gateway is nobody there: it is no way in, and lifts nothing', () => {
    const conditions = [{ kind: 'sourceNetwork', ranges: ['192.0.2.0/24'] }] as const;
    const anyone: readonly PolicyPrincipal[] = [{ kind: 'anyone' }];
    const watched = indexPolicy(
      policyOf([rule({ id: 'd', effect: 'deny', principals: anyone, conditions, auditUntil: NOW + 1 })]),
    );
    expect(decideConnection(watched, from('orders')).wouldRefuse).toBe('d');
    expect(decideConnection(watched, from('gateway')).wouldRefuse).toBe('d');
    const open = indexPolicy(policyOf([rule({ principals: anyone })]));
    for (const peer of ['gateway', 'orders']) {
      expect(decideConnection(open, from(peer)).outcome).toBe('forbidden');
    }
  });
});

/** The rules once more, without the index and without `decide`. */
function readPlainly(
  rules: readonly AccessRule[],
  entries: readonly Revocation[],
  { peer, sourceAddress, now }: ConnectionRequest,
): string {
  const isOver = (entry: Revocation) => now >= entry.until;
  if (entries.some((entry) => entry.kind === 'service' && !isOver(entry))) return 'forbidden';
  const isHeld = (one: AccessRule) =>
    one.conditions.every(
      (condition) => condition.kind === 'sourceNetwork' && isWithin(sourceAddress, condition.ranges),
    );
  const speaks = (one: AccessRule) =>
    one.principals.some(
      (who) =>
        (who.kind === 'workload' && who.spiffeId === peer) ||
        (who.kind === 'anyone' && one.effect === 'deny'),
    );
  const inForce = rules.filter((one) => one.auditUntil === undefined || one.auditUntil <= now);
  const denied = inForce.some(
    (one) => one.effect === 'deny' && speaks(one) && !(one.conditions.length > 0 && isHeld(one)),
  );
  const allowed = inForce.some(
    (one) =>
      one.effect === 'allow' &&
      speaks(one) &&
      isHeld(one) &&
      !entries.some((entry) => entry.kind === 'rule' && entry.rule === one.id && !isOver(entry)),
  );
  return allowed && !denied ? 'allow' : 'forbidden';
}

test('a second reading of the rules says the same, for random ones', () => {
  const until = fc.constantFrom(NOW - 1, NOW, NOW + 1);
  const workload = fc
    .constantFrom('orders', 'reports')
    .map((name): PolicyPrincipal => ({ kind: 'workload', spiffeId: id(name) }));
  const network = fc
    .constantFrom(['10.0.0.0/8'], ['10.0.0.1/32', '192.0.2.0/24'], ['192.0.2.0/24'])
    .map((ranges) => ({ kind: 'sourceNetwork', ranges }) as const);
  const drawn = fc.record(
    {
      effect: fc.constantFrom('allow' as const, 'deny' as const),
      principals: fc.array(fc.oneof(workload, fc.constant({ kind: 'anyone' } as const)), {
        minLength: 1,
        maxLength: 2,
      }),
      conditions: fc.array(network, { maxLength: 2 }),
      auditUntil: until,
    },
    { requiredKeys: ['effect', 'principals', 'conditions'] },
  );
  const entries = fc.array(
    fc.oneof(
      until.map((end) => ({ kind: 'service', service: 'ledger', until: end }) as const),
      fc.record({ kind: fc.constant('rule' as const), rule: fc.constantFrom('r0', 'r1'), until }),
    ),
    { maxLength: 2 },
  );
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(drawn, { maxLength: 5 }),
      entries,
      fc.constantFrom('orders', 'reports', 'gateway', undefined),
      fc.constantFrom('10.0.0.1', '10.9.9.9', '192.0.2.7'),
      (some, revoked, peer, sourceAddress) => {
        const rules = some.map((one, at): AccessRule => rule({ ...one, id: `r${at}` }));
        const connection = from(peer, { sourceAddress });
        const index = indexPolicy(policyOf(rules), { version: 1, entries: revoked });
        const { outcome } = decideConnection(index, connection);
        expect(outcome).toBe(readPlainly(rules, revoked, connection));
        seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      },
    ),
    { numRuns: 2_000, seed: 20_261_129 },
  );
  expect(seen.get('allow')).toBeGreaterThan(50);
});
