import { comparePolicies } from '../../lib/insight/compare.js';
import { allow, senderConstrained, user } from '../../lib/model/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { shop } from '../model/shop.js';

const NOW = 1_900_000_000;
const withRule = (...when: ReturnType<typeof senderConstrained>[]) => {
  const rule = allow(user()).to('orders', 'GET /audit').named('audit');
  const access = [...shop().access!, when.length > 0 ? rule.when(...when) : rule];
  return resolve({ ...shop(), access }, { engine: 'aws' });
};
const proven = withRule(senderConstrained('dpop'));
const plain = withRule();

/** What changes for `GET /audit`: how, and whether the caller of the example comes with a proof. */
function changes(before: typeof plain, after: typeof plain) {
  const { differences, sampled } = comparePolicies(before, after, NOW);
  expect(sampled).toEqual([]);
  return differences
    .filter(({ path }) => path === '/audit')
    .map(({ change, example: { credential } }) => [
      change,
      credential.kind === 'jwt' ? (credential.scheme ?? 'Bearer') : 'none',
    ]);
}

test('a rule that begins to ask for a proof is closed to tokens without, and opened to those with one', () => {
  expect(changes(plain, proven)).toEqual(
    expect.arrayContaining([
      ['closed', 'Bearer'],
      ['opened', 'DPoP'],
    ]),
  );
  expect(changes(proven, plain)).toEqual(
    expect.arrayContaining([
      ['opened', 'Bearer'],
      ['closed', 'DPoP'],
    ]),
  );
  expect(changes(proven, proven)).toEqual([]);
});
