import { z } from 'zod';
import { type DecisionLogEntry, decisionLogSchema } from '../../lib/plan/decision-log.js';

const reader = z.fromJSONSchema(decisionLogSchema);
const accepts = (entry: object) => reader.safeParse(entry).success;

const admitted: DecisionLogEntry = {
  version: 1,
  time: '2026-11-23T06:58:15.120Z',
  point: 'services/orders/sidecar',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  peer: 'spiffe://local.dev.shop.example/ns/default/sa/gateway',
  subject: 'alice',
  issuer: 'people',
  service: 'orders',
  method: 'GET',
  path: '/orders/17',
  operation: 'GET /orders/{id}',
  decision: 'allow',
  status: 200,
  reason: 'allowed',
  rule: 'see-order',
  wouldRefuse: 'later',
  wouldAllow: 'soon',
  duration: 3,
};
const refused: DecisionLogEntry = {
  version: 1,
  time: '2026-11-23T06:58:15.120Z',
  point: 'gateway',
  decision: 'refuse',
  status: 400,
};

/** The type says which properties may be absent; the compiler keeps this list like the type. */
type Presence = {
  [Name in keyof Required<DecisionLogEntry>]: object extends Pick<DecisionLogEntry, Name>
    ? 'optional'
    : 'required';
};
const presence: Presence = {
  version: 'required',
  time: 'required',
  point: 'required',
  traceparent: 'optional',
  requestId: 'optional',
  peer: 'optional',
  subject: 'optional',
  issuer: 'optional',
  service: 'optional',
  destination: 'optional',
  method: 'optional',
  path: 'optional',
  operation: 'optional',
  decision: 'required',
  status: 'required',
  reason: 'optional',
  rule: 'optional',
  wouldRefuse: 'optional',
  wouldAllow: 'optional',
  duration: 'optional',
};

test('the type and the schema have the same properties, and the same ones required', () => {
  const { properties, required } = decisionLogSchema as { properties: object; required: string[] };
  expect(Object.keys(properties)).toEqual(Object.keys(presence));
  const mustBeThere = Object.entries(presence).filter(([, presence]) => presence === 'required');
  expect([...required].sort()).toEqual(mustBeThere.map(([name]) => name).sort());
});

test('a full line and the shortest line are accepted', () => {
  expect(accepts(admitted)).toBe(true);
  expect(accepts(refused)).toBe(true);
});

test.each([
  ['a token', { ...admitted, token: 'eyJ.eyJ.x' }],
  ['a header', { ...admitted, authorization: 'Bearer eyJ.eyJ.x' }],
  ['a query in the path', { ...admitted, path: '/orders?access_token=1' }],
  ['another version', { ...admitted, version: 2 }],
  ['a time without milliseconds', { ...admitted, time: '2026-11-23T06:58:15Z' }],
  ['a point that no plan has', { ...admitted, point: 'sidecar' }],
  ['a peer without a SPIFFE ID', { ...admitted, peer: 'orders' }],
  ['an unknown decision', { ...admitted, decision: 'maybe' }],
  ['a status as text', { ...admitted, status: '200' }],
  ['an empty rule', { ...admitted, rule: '' }],
  ['a negative duration', { ...admitted, duration: -1 }],
])('a line with %s is not accepted', (_, entry) => {
  expect(accepts(entry)).toBe(false);
});

test.each(['version', 'time', 'point', 'decision', 'status'])('a line without %s is not accepted', (name) => {
  const { [name as keyof DecisionLogEntry]: _, ...rest } = refused;
  expect(accepts(rest)).toBe(false);
});
