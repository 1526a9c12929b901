import { decide, indexPolicy, type Revocation, withRevocations } from '../../lib/policy/index.js';
import {
  allow,
  atSidecar,
  decided,
  deny,
  GATEWAY,
  issuer,
  NOW,
  outcome,
  PARTNERS,
  PEOPLE,
  policy,
  request,
  token,
  user,
  workload,
  workloadId,
} from './fixture.js';

const GET = ['GET /orders'] as const;
const rules = [
  allow('public', { operations: GET }),
  allow('web', { operations: GET, principals: [workload('web')] }),
];
const until = NOW + 60;

const withToken = (claims: object = {}) => request({ credential: token({ ...claims }) });

describe('a token is revoked', () => {
  test.each([
    ['token', { jti: 't1' }, { jti: 't2' }],
    ['session', { sid: 's1' }, { sid: 's2' }],
    ['client', { client_id: 'c1' }, { client_id: 'c2' }],
    ['subject', { sub: 'alice' }, { sub: 'bob' }],
  ] as const)('by its %s, at every point, on public routes too', (kind, revoked, other) => {
    const [value] = Object.values(revoked) as [string];
    const entry: Revocation = { kind, issuer: 'people', value, until };
    expect(decided(rules, withToken(revoked), [entry])).toEqual({
      outcome: 'invalidToken',
      reason: 'token revoked',
      service: 'orders',
    });
    const credential = token({ ...revoked });
    expect(outcome(rules, atSidecar(GATEWAY, { credential }), [entry])).toBe('invalidToken');
    expect(outcome(rules, atSidecar(workloadId('web'), { credential }), [entry])).toBe('invalidToken');
    expect(outcome(rules, withToken(other), [entry])).toBe('allow');
    expect(outcome(rules, request(), [entry])).toBe('allow');
    // The same value of another issuer or in another claim is somebody else.
    expect(outcome(rules, withToken({ iss: PARTNERS, ...revoked }), [entry])).toBe('allow');
    expect(outcome(rules, withToken({ sub: 'bob', other: value }), [entry])).toBe('allow');
    // A list is not the value.
    if (kind !== 'token' && kind !== 'subject') {
      expect(outcome(rules, withToken({ [REVOKED[kind]]: [value] }), [entry])).toBe('allow');
    }
  });

  const REVOKED = { session: 'sid', client: 'client_id' } as const;

  test('by the claim in which its issuer names the client, and by no other', () => {
    const { issuers, ...rest } = policy(rules);
    const people = issuer(PEOPLE, {}, { clientClaim: 'azp' });
    const entries = (['people', 'partners'] as const).map(
      (name): Revocation => ({ kind: 'client', issuer: name, value: 'c1', until }),
    );
    const index = indexPolicy({ ...rest, issuers: { ...issuers, people } }, { version: 1, entries });
    const outcomeOf = (claims: object) => decide(index, withToken(claims)).outcome;
    expect(outcomeOf({ azp: 'c1' })).toBe('invalidToken');
    expect(outcomeOf({ client_id: 'c1', azp: 'c2' })).toBe('allow');
    expect(outcomeOf({ iss: PARTNERS, azp: 'c1' })).toBe('allow');
    expect(outcomeOf({ iss: PARTNERS, client_id: 'c1' })).toBe('invalidToken');
  });

  test('until the end of the entry', () => {
    const entry: Revocation = { kind: 'subject', issuer: 'people', value: 'alice', until };
    const at = (now: number) => outcome(rules, { ...withToken({ exp: until + 300 }), now }, [entry]);
    expect(at(until - 1)).toBe('invalidToken');
    expect(at(until - 0.001)).toBe('invalidToken');
    expect(at(until)).toBe('allow');
  });

  test.each([
    [NOW - 101, 'invalidToken'],
    [NOW - 100.5, 'invalidToken'],
    [NOW - 100, 'allow'],
    [NOW, 'allow'],
    [undefined, 'invalidToken'],
  ])('with a subject, of those issued before a second: iat %p is %s', (iat, expected) => {
    const entry: Revocation = { kind: 'subject', issuer: 'people', value: 'alice', before: NOW - 100, until };
    expect(outcome(rules, withToken({ iat }), [entry])).toBe(expected);
  });

  test('by any of several entries', () => {
    const entries: Revocation[] = [
      { kind: 'subject', issuer: 'people', value: 'alice', before: NOW - 100, until },
      { kind: 'subject', issuer: 'people', value: 'alice', before: NOW, until: NOW - 1 },
      { kind: 'session', issuer: 'people', value: 'alice', until },
    ];
    expect(outcome(rules, withToken({ iat: NOW - 50 }), entries)).toBe('allow');
    expect(outcome(rules, withToken({ iat: NOW - 150 }), entries)).toBe('invalidToken');
    expect(outcome(rules, withToken({ iat: NOW - 50, sid: 'alice' }), entries)).toBe('invalidToken');
  });

  test('by claims of its own only', () => {
    const entry: Revocation = { kind: 'session', issuer: 'people', value: 'constructor', until };
    expect(outcome(rules, withToken(), [entry])).toBe('allow');
    expect(outcome(rules, withToken({ sid: 'constructor' }), [entry])).toBe('invalidToken');
  });
});

describe('emergency deny', () => {
  const closed: Revocation = { kind: 'service', service: 'orders', until };

  test('closes a service to everyone', () => {
    for (const asked of [request(), withToken(), atSidecar(GATEWAY), atSidecar(workloadId('web'))]) {
      expect(outcome(rules, asked)).toBe('allow');
      expect(decided(rules, asked, [closed])).toMatchObject({
        outcome: 'forbidden',
        reason: 'emergency deny',
      });
      expect(decided(rules, asked, [closed]).rule).toBeUndefined();
    }
  });

  test('until its end, the latest of several, and no other service', () => {
    const later: Revocation = { ...closed, until: until + 60 };
    expect(outcome(rules, { ...request(), now: until }, [closed])).toBe('allow');
    expect(outcome(rules, { ...request(), now: until }, [later, closed])).toBe('forbidden');
    expect(outcome(rules, request(), [{ ...closed, service: 'payments' }])).toBe('allow');
    expect(outcome(rules, request(), [{ ...closed, service: 'constructor' }])).toBe('allow');
  });
});

describe('a withdrawn rule', () => {
  const withdrawn: Revocation = { kind: 'rule', rule: 'public', until };

  test('admits nothing and asks for nothing until its end', () => {
    expect(decided(rules, request(), [withdrawn])).toMatchObject({
      outcome: 'forbidden',
      needed: [{ rule: 'web' }],
    });
    expect(outcome(rules, atSidecar(workloadId('web')), [withdrawn])).toBe('allow');
    expect(outcome(rules, { ...request(), now: until }, [withdrawn])).toBe('allow');
    const users = [allow('public', { operations: GET, principals: [user('people')] })];
    expect(outcome(users, request())).toBe('tokenRequired');
    expect(outcome(users, request(), [withdrawn])).toBe('forbidden');
  });

  test('in audit would admit nothing either', () => {
    const audited = [allow('public', { operations: GET, auditUntil: until })];
    expect(decided(audited, request()).wouldAllow).toBe('public');
    expect(decided(audited, request(), [withdrawn]).wouldAllow).toBeUndefined();
  });

  test('that is a deny stays: withdrawing it would admit', () => {
    const denied = [...rules, deny('d', { operations: GET })];
    expect(outcome(denied, request(), [{ kind: 'rule', rule: 'd', until }])).toBe('forbidden');
  });
});

test('a newer document takes the place of the older on the same index', () => {
  const index = indexPolicy(policy(rules), {
    version: 1,
    entries: [{ kind: 'service', service: 'orders', until }],
  });
  const newer = withRevocations(index, { version: 2, entries: [] });
  expect(decide(index, request()).outcome).toBe('forbidden');
  expect(decide(newer, request()).outcome).toBe('allow');
  expect(newer.services).toBe(index.services);
  expect(newer.revocations.document.version).toBe(2);
});
