import fc from 'fast-check';
import { compileIstio } from '../../../lib/policy/compile/istio/index.js';
import { CONNECTION } from '../../../lib/policy/operation.js';
import {
  type AccessRule,
  decideConnection,
  indexPolicy,
  type Policy,
  type Request,
  type Revocation,
} from '../../../lib/policy/index.js';
import { sidecarReading } from '../../kubernetes/istio-reader.js';
import { anyDenyRule, allowRule, denyRule, policyWith, revocation, rules } from '../arbitrary.js';
import {
  allow,
  anyone,
  deny,
  GATEWAY,
  mfa,
  NO_TOKEN,
  NOW,
  office,
  workload,
  workloadId,
} from '../fixture.js';
import { law } from '../law.js';

/** The sidecar of a TCP service, as Istio reads what is compiled for it. */

const PORT = 5432;
const someRules = rules(allowRule, allowRule, allowRule, denyRule, anyDenyRule).map((all) =>
  all.map(dateless),
);
const datedRules = rules(allowRule, denyRule).map((all) => all.map(ofConnections));
const callers = fc.record({
  peer: fc.constantFrom(workloadId('web'), workloadId('reports'), GATEWAY, undefined),
  sourceAddress: fc.constantFrom('10.1.2.3', '192.0.2.1'),
});
const revocations = fc.oneof(fc.constant([]), fc.array(revocation, { maxLength: 2 }));

interface Caller {
  readonly peer?: string | undefined;
  readonly sourceAddress: string;
}

function dateless(any: AccessRule): AccessRule {
  const { auditUntil: _, until: __, ...rule } = any;
  return ofConnections(rule);
}

function ofConnections(rule: AccessRule): AccessRule {
  return { ...rule, operations: ['tcp'] };
}

function policyOf(own: readonly AccessRule[]): Policy {
  const { services, ...rest } = policyWith(own);
  return { ...rest, services: { ...services, orders: { ...services['orders']!, protocol: 'tcp' } } };
}

function isAdmitted(
  own: readonly AccessRule[],
  { peer, sourceAddress }: Caller,
  entries: readonly Revocation[] = [],
  port = PORT,
): boolean {
  const compiled = compileIstio(policyOf(own), 'orders', {
    port: PORT,
    asksDecisions: true,
    revocations: { version: 1, entries },
  });
  const connection: Request = {
    point: { kind: 'sidecar', service: 'orders' },
    ...(peer !== undefined && { peer }),
    method: CONNECTION,
    authority: '',
    path: '/',
    headers: [],
    credential: NO_TOKEN,
    sourceAddress,
    now: NOW,
  };
  return sidecarReading(compiled, port).answer(connection) === 'allow';
}

law(
  'admits whom the reference admits, and nobody at another port',
  fc.property(someRules, callers, revocations, (own, { peer, sourceAddress }, entries) => {
    const index = indexPolicy(policyOf(own), { version: 1, entries });
    const from = { sourceAddress, ...(peer !== undefined && { peer }) };
    const { outcome } = decideConnection(index, { service: 'orders', ...from, now: NOW });
    const admitted = isAdmitted(own, from, entries);
    // What was closed until now stays so, until the objects are made anew.
    if (entries.some(({ until }) => until <= NOW) && !admitted) return;
    expect(admitted).toBe(outcome === 'allow');
    expect(isAdmitted(own, from, entries, PORT + 1)).toBe(false);
  }),
);

law(
  'hears of no rule with a date',
  fc.property(datedRules, callers, (own, from) => {
    const undated = own.filter(({ auditUntil, until }) => auditUntil === undefined && until === undefined);
    const allows = undated.filter(({ effect }) => effect === 'allow');
    // An end means nothing in a deny.
    const denies = own.filter(({ effect, auditUntil }) => effect === 'deny' && auditUntil === undefined);
    expect(isAdmitted(own, from)).toBe(isAdmitted([...allows, ...denies], from));
  }),
);

describe('one by one', () => {
  const web = workloadId('web');
  const [near, far] = ['10.0.0.1', '198.51.100.1'];
  const ways = allow('a', { operations: ['tcp'], principals: [workload('web')] });
  const shut = (over: Partial<AccessRule>) => deny('d', { operations: ['tcp'], ...over });

  test('a deny of anyone that spares a network refuses who connects from elsewhere', () => {
    const own = [ways, shut({ principals: [anyone], conditions: [office] })];
    expect(isAdmitted(own, { peer: web, sourceAddress: near })).toBe(true);
    expect(isAdmitted(own, { peer: web, sourceAddress: far })).toBe(false);
  });

  test('a deny opens nothing to whom it spares, and is about nobody else', () => {
    const spares = shut({ principals: [workload('web')], conditions: [office] });
    expect(isAdmitted([spares], { peer: web, sourceAddress: near })).toBe(false);
    const other = shut({ principals: [workload('reports')] });
    expect(isAdmitted([ways, other], { peer: web, sourceAddress: far })).toBe(true);
  });

  test('a deny that spares who is in a network and proves more refuses everybody', () => {
    const own = [ways, shut({ principals: [workload('web')], conditions: [office, mfa] })];
    expect(isAdmitted(own, { peer: web, sourceAddress: near })).toBe(false);
  });

  test('an allow that asks for more than a network admits nobody', () => {
    const own = [{ ...ways, conditions: [office, mfa] }];
    expect(isAdmitted(own, { peer: web, sourceAddress: near })).toBe(false);
  });

  test('a closed service and a withdrawn rule admit nobody, and what is about others changes nothing', () => {
    const from = { peer: web, sourceAddress: far };
    const at = (entry: Revocation) => isAdmitted([ways], from, [entry]);
    expect(at({ kind: 'service', service: 'orders', until: NOW + 1 })).toBe(false);
    expect(at({ kind: 'rule', rule: 'a', until: NOW + 1 })).toBe(false);
    expect(at({ kind: 'service', service: 'ledger', until: NOW + 1 })).toBe(true);
    expect(at({ kind: 'rule', rule: 'b', until: NOW + 1 })).toBe(true);
    expect(at({ kind: 'token', issuer: 'people', value: 'orders', until: NOW + 1 })).toBe(true);
  });
});
