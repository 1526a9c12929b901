import { holds, isWithin } from '../../lib/policy/condition.js';
import { type Facts } from '../../lib/policy/condition.js';
import type { Issuer, JsonObject, PolicyCondition, Request } from '../../lib/policy/index.js';
import {
  atSidecar,
  bound,
  claim,
  device,
  has,
  issuer,
  mfa,
  NOW,
  office,
  PEOPLE,
  request,
  signedIn,
} from './fixture.js';

const AT_GATEWAY: Partial<Facts> = { request: request(), throughGateway: true };
const BEHIND_GATEWAY: Partial<Facts> = { request: atSidecar('gateway'), throughGateway: true };
const BEHIND_EDGE: Partial<Facts> = {
  request: request({ point: { kind: 'gateway', behindEdge: true } }),
  throughGateway: true,
};
const FROM_WORKLOAD: Partial<Facts> = { request: atSidecar('web'), throughGateway: false };

/** Whether a condition holds for a token with these claims; without a token if they are undefined. */
function holdsWith(
  condition: PolicyCondition,
  claims: object | undefined,
  facts: Partial<Facts> = AT_GATEWAY,
  profile: Issuer = issuer(PEOPLE),
): boolean {
  return holds(condition, {
    request: request(),
    now: NOW,
    throughGateway: true,
    ...facts,
    ...(claims && { token: { issuer: 'people', profile, claims: claims as JsonObject } }),
  });
}

describe('without a token', () => {
  test.each([
    mfa,
    device,
    signedIn(900),
    bound,
    claim(has('a', 'b')),
    claim({ claim: ['a'], test: 'presentAndNot', value: 'b' }),
  ])('$kind does not hold', (condition) => {
    expect(holdsWith(condition, undefined)).toBe(false);
  });

  test('the source network needs none', () => {
    expect(holdsWith(office, undefined, { request: request({ sourceAddress: '10.1.2.3' }) })).toBe(true);
  });
});

describe('what the issuer cannot show does not hold', () => {
  const { multiFactor: _, authTime: __, device: ___, ...mute } = issuer(PEOPLE);
  const claims = { amr: ['mfa'], auth_time: NOW, device: { compliant: true } };
  test.each([mfa, signedIn(900), device])('$kind', (condition) => {
    expect(holdsWith(condition, claims)).toBe(true);
    expect(holdsWith(condition, claims, AT_GATEWAY, mute)).toBe(false);
  });
});

test.each([
  [['pwd', 'mfa'], true],
  ['mfa', true],
  [['pwd'], false],
  [[], false],
  [[['mfa']], false],
  ['MFA', false],
  ['pwd mfa', false],
  [null, false],
  [true, false],
])('multi-factor by amr %j: %s', (amr, expected) => {
  expect(holdsWith(mfa, { amr })).toBe(expected);
});

test.each([
  [{ compliant: true }, true],
  [{ compliant: false }, false],
  [{ compliant: 'true' }, false],
  [{ compliant: 1 }, false],
  [{}, false],
  ['compliant', false],
  [null, false],
])('compliant device by %j: %s', (value, expected) => {
  expect(holdsWith(device, { device: value })).toBe(expected);
});

describe('signed in within 900 seconds, skew 30', () => {
  test.each([
    [NOW, true],
    [NOW - 899.5, true],
    [NOW - 900, true],
    [NOW - 900.5, false],
    [NOW - 901, false],
    [NOW + 30, true],
    [NOW + 30.5, false],
    [NOW + 31, false],
    [0, false],
    [-1, false],
    [String(NOW), false],
    [null, false],
    [undefined, false],
    [[NOW], false],
    [true, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
    [Number.NEGATIVE_INFINITY, false],
  ])('at %p: %s', (auth_time, expected) => {
    expect(holdsWith(signedIn(900), { auth_time })).toBe(expected);
  });

  test('the time may be nested', () => {
    const profile = issuer(PEOPLE, { authTime: ['session', 'start'] });
    expect(holdsWith(signedIn(900), { session: { start: NOW } }, AT_GATEWAY, profile)).toBe(true);
    expect(holdsWith(signedIn(900), { auth_time: NOW }, AT_GATEWAY, profile)).toBe(false);
  });
});

describe('sender-constrained', () => {
  const THUMBPRINT = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
  const cnf = { 'x5t#S256': THUMBPRINT };
  const shows = (certificateThumbprint?: string): Partial<Facts> => ({
    request: request(certificateThumbprint === undefined ? {} : { certificateThumbprint }),
  });

  test.each([
    [{ cnf }, THUMBPRINT, true],
    [{ cnf }, `${THUMBPRINT.slice(0, -1)}A`, false],
    [{ cnf }, THUMBPRINT.toLowerCase(), false],
    [{ cnf }, `${THUMBPRINT}=`, false],
    [{ cnf }, undefined, false],
    [{ cnf }, '', false],
    [{ cnf: { 'x5t#S256': '' } }, '', false],
    [{ cnf: { 'x5t#S256': [THUMBPRINT] } }, THUMBPRINT, false],
    [{ cnf: { 'x5t#S256': null } }, THUMBPRINT, false],
    [{ cnf: { jkt: THUMBPRINT } }, THUMBPRINT, false],
    [{ cnf: THUMBPRINT }, THUMBPRINT, false],
    [{ cnf: [cnf] }, THUMBPRINT, false],
    [{ 'x5t#S256': THUMBPRINT }, THUMBPRINT, false],
    [{}, undefined, false],
  ])('at the gateway, token %j, certificate %j: %s', (claims, certificate, expected) => {
    expect(holdsWith(bound, claims, shows(certificate))).toBe(expected);
  });

  test.each([
    ['the gateway', BEHIND_GATEWAY],
    ['an edge', BEHIND_EDGE],
  ])('behind %s the token must still be bound; the first point has compared it', (_, facts) => {
    expect(holdsWith(bound, { cnf }, facts)).toBe(true);
    expect(holdsWith(bound, { cnf: { 'x5t#S256': '' } }, facts)).toBe(false);
    expect(holdsWith(bound, {}, facts)).toBe(false);
  });

  test('a workload never satisfies it, not even with its own thumbprint in the token', () => {
    const own = atSidecar('web', { certificateThumbprint: THUMBPRINT });
    expect(holdsWith(bound, { cnf }, { ...FROM_WORKLOAD, request: own })).toBe(false);
  });
});

describe('source network', () => {
  const from = (sourceAddress: string, make: (over: Partial<Request>) => Request = request) =>
    make({ sourceAddress });

  test.each([
    ['10.0.0.0', true],
    ['10.255.255.255', true],
    ['9.255.255.255', false],
    ['11.0.0.0', false],
    ['::ffff:10.1.2.3', true],
    ['::ffff:a01:203', true],
    ['::ffff:11.1.2.3', false],
    ['::10.1.2.3', false],
    ['2001:db8::1', true],
    ['2001:DB8:FFFF::1', true],
    ['2001:db9::1', false],
    ['::1', false],
    ['2001:db8::1%eth0', true],
    ['', false],
    ['unknown', false],
    ['10.1.2', false],
    ['10.1.2.3.4', false],
    ['10.1.2.3:443', false],
    // Spellings that some readers take for 10.x.
    ['012.1.2.3', false],
    ['0x0a.1.2.3', false],
    ['167837955', false],
    [' 10.1.2.3', false],
  ])('%s at the gateway: %s', (address, expected) => {
    expect(holdsWith(office, undefined, { request: from(address) })).toBe(expected);
  });

  test('behind the gateway it counts as judged, for a workload its own address is', () => {
    expect(holdsWith(office, undefined, BEHIND_GATEWAY)).toBe(true);
    expect(holdsWith(office, undefined, BEHIND_EDGE)).toBe(true);
    expect(
      holdsWith(office, undefined, {
        ...FROM_WORKLOAD,
        request: atSidecar('web', { sourceAddress: '10.0.0.1' }),
      }),
    ).toBe(true);
    expect(
      holdsWith(office, undefined, {
        ...FROM_WORKLOAD,
        request: atSidecar('web', { sourceAddress: '127.0.0.1' }),
      }),
    ).toBe(false);
  });

  test('a range holds only addresses of its own family', () => {
    expect(isWithin('10.0.0.1', ['::/0'])).toBe(false);
    expect(isWithin('::1', ['0.0.0.0/0'])).toBe(false);
    expect(isWithin('10.0.0.1', ['0.0.0.0/0'])).toBe(true);
    expect(isWithin('10.0.0.1', ['::ffff:10.0.0.0/104'])).toBe(false);
    expect(isWithin('10.0.0.1', [])).toBe(false);
  });

  test('bits behind the length of a range count for nothing', () => {
    expect(isWithin('10.9.9.9', ['10.1.2.3/8'])).toBe(true);
    expect(isWithin('10.1.2.3', ['10.1.2.3/32'])).toBe(true);
    expect(isWithin('10.1.2.4', ['10.1.2.3/32'])).toBe(false);
  });
});
