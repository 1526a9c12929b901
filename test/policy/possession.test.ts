import { type Decision, decide, indexPolicy, type Request } from '../../lib/policy/index.js';
import {
  allow,
  anyone,
  atSidecar,
  GATEWAY,
  NOW,
  policy,
  proven,
  request,
  token,
  user,
  workload,
  workloadId,
} from './fixture.js';

const KEY = 'A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0';
const RULES = [
  allow('proven', { operations: ['GET /proven'], principals: [user('people')], conditions: [proven] }),
  allow('any', { operations: ['GET /any'], principals: [user('people')] }),
  allow('peer', {
    operations: ['GET /any'],
    principals: [workload('web', { issuer: 'people', claims: [] })],
  }),
];
const taking = indexPolicy(policy(RULES, { dpop: true }));
const bound = token({ cnf: { jkt: KEY } });
const { scheme: _, ...asBearer } = bound;
const asProof = { ...token(), scheme: 'DPoP' } as const;

function outcomes(
  over: Partial<Request>,
  at: (over: Partial<Request>) => Request = request,
): Decision['outcome'][] {
  return ['/proven', '/any'].map((path) => decide(taking, at({ ...over, path })).outcome);
}

test('a token that is bound passes with a proof by its key, and with nothing else', () => {
  expect(outcomes({ credential: bound, provenKey: KEY })).toEqual(['allow', 'allow']);
  expect(outcomes({ credential: bound, provenKey: `${KEY}x` })).toEqual(['invalidToken', 'invalidToken']);
  expect(outcomes({ credential: bound })).toEqual(['invalidToken', 'invalidToken']);
  expect(outcomes({ credential: asBearer, provenKey: KEY })).toEqual(['invalidToken', 'invalidToken']);
});

test('any other comes as Bearer, and is no proof of possession', () => {
  expect(outcomes({ credential: token(), provenKey: KEY })).toEqual(['forbidden', 'allow']);
  expect(outcomes({ credential: asProof, provenKey: KEY })).toEqual(['invalidToken', 'invalidToken']);
  for (const jkt of ['', 5, null, [KEY], { a: KEY }]) {
    const odd = token({ cnf: { jkt } });
    expect(outcomes({ credential: odd, provenKey: KEY })).toEqual(['forbidden', 'allow']);
    expect(outcomes({ credential: { ...odd, scheme: 'DPoP' } })).toEqual(['invalidToken', 'invalidToken']);
  }
});

test('a proof is judged where the client’s connection ends, and behind it the way counts', () => {
  const behindEdge = { point: { kind: 'gateway', behindEdge: true }, credential: bound } as const;
  expect(outcomes(behindEdge)).toEqual(['allow', 'allow']);
  const from = (peer: string | undefined) => (over: Partial<Request>) => atSidecar(peer, over);
  expect(outcomes({ credential: bound }, from(GATEWAY))).toEqual(['allow', 'allow']);
  expect(outcomes({ credential: bound, provenKey: KEY }, from(workloadId('web')))).toEqual([
    'invalidToken',
    'invalidToken',
  ]);
  expect(outcomes({ credential: token() }, from(workloadId('web')))).toEqual(['forbidden', 'allow']);
});

test('without proofs in the policy no token comes as DPoP', () => {
  const index = indexPolicy(policy([allow('open', { operations: ['GET /any'], principals: [anyone] })]));
  const asked = request({ path: '/any', credential: bound, provenKey: KEY, now: NOW });
  expect(decide(index, asked)).toMatchObject({ outcome: 'invalidToken', reason: 'token scheme' });
});

test('a rule that asks for a proof in a policy that takes none is refused as a whole', () => {
  expect(() => indexPolicy(policy(RULES))).toThrow(/asks for a DPoP proof/);
});
