import fc from 'fast-check';
import {
  type AccessRule,
  decide,
  indexPolicy,
  judgeToken,
  type PolicyPrincipal,
  type Request,
} from '../../lib/policy/index.js';
import { scene } from './aim.js';
import { allowRule, anyDenyRule, anyRules, goodToken, policyWith, revocation, rules } from './arbitrary.js';
import { NOW, token, workloadId } from './fixture.js';
import { admits, decided, expectImplies, inserted, law, RUNS, SEED } from './law.js';
import { decideLinearly } from './linear.js';

jest.setTimeout(30 * 60_000);

describe('the index', () => {
  test('and a linear reading decide alike, and together reach every outcome, principal and condition', () => {
    const reached = new Map<string, number>();
    const count = (what: string) => reached.set(what, (reached.get(what) ?? 0) + 1);
    fc.assert(
      fc.property(scene(anyRules), fc.array(revocation, { maxLength: 2 }), ([own, request], entries) => {
        const decision = decided(own, request, entries);
        const { outcome, rule } = decision;
        expect({ outcome, ...(rule !== undefined && { rule }) }).toEqual(
          decideLinearly(policyWith(own), entries, request),
        );
        count(outcome);
        const admitting = outcome === 'allow' ? own.find(({ id }) => id === rule) : undefined;
        for (const { kind } of admitting?.principals ?? []) count(`admitted ${kind}`);
        for (const { kind } of admitting?.conditions ?? []) count(`held ${kind}`);
        for (const { kind } of decision.failed ?? []) count(`failed ${kind}`);
      }),
      { numRuns: RUNS * 10, seed: SEED },
    );
    // Rules and requests that never met would agree, too.
    for (const outcome of ['allow', 'forbidden', 'tokenRequired', 'stepUp', 'invalidToken']) {
      expect([outcome, (reached.get(outcome) ?? 0) / (RUNS * 10) > 0.01]).toEqual([outcome, true]);
    }
    for (const kind of ['anyone', 'token', 'workload']) expect(reached.has(`admitted ${kind}`)).toBe(true);
    const conditions = [
      'multiFactor',
      'signedInWithin',
      'compliantDevice',
      'senderConstrained',
      'dpop',
      'sourceNetwork',
      'claim',
    ];
    for (const kind of conditions) {
      expect([kind, reached.has(`held ${kind}`), reached.has(`failed ${kind}`)]).toEqual([kind, true, true]);
    }
  });

  law(
    'the order of rules, and of what is in them, changes nothing',
    fc.property(scene(anyRules), fc.integer(), ([own, request], seed) => {
      const turned = <Item>(items: readonly Item[]) =>
        seed % 2 ? items.toReversed() : [...items.slice(1), ...items.slice(0, 1)];
      const other = turned(own).map((rule) => ({
        ...rule,
        principals: turned(rule.principals),
        operations: turned(rule.operations),
        conditions: turned(rule.conditions),
      }));
      const { operation: _, needed: __, failed: ___, ...one } = decided(own, request);
      const { operation: ____, needed: _____, failed: ______, ...two } = decided(other, request);
      expect(two).toEqual(one);
    }),
  );
});

describe('admission', () => {
  law(
    'comes from an allow alone',
    fc.property(scene(rules(anyDenyRule)), ([own, request]) => {
      expect(admits(own, request)).toBe(false);
    }),
  );

  law(
    'is never widened by a deny',
    fc.property(scene(anyRules), anyDenyRule, fc.nat(), ([own, request], rule, at) => {
      expectImplies(admits(inserted(own, rule, at), request), admits(own, request));
    }),
  );

  law(
    'is never narrowed by an allow',
    fc.property(scene(anyRules), allowRule, fc.nat(), ([own, request], rule, at) => {
      expectImplies(admits(own, request), admits(inserted(own, rule, at), request));
    }),
  );

  law(
    'is never widened by a condition of an allow, nor narrowed by dropping one',
    fc.property(scene(anyRules), fc.nat(), ([own, request], at) => {
      const loose = own.map((rule, place) =>
        rule.effect === 'allow' && place === at % own.length
          ? { ...rule, conditions: rule.conditions.slice(1) }
          : rule,
      );
      expectImplies(admits(own, request), admits(loose, request));
    }),
  );

  law(
    'does not depend on rules in audit',
    fc.property(scene(anyRules), ([own, request]) => {
      const enforced = own.filter(({ auditUntil }) => auditUntil === undefined || auditUntil <= NOW);
      const { wouldAllow: _, wouldRefuse: __, ...decision } = decided(own, request);
      expect(decision).toEqual(decided(enforced, request));
    }),
  );

  law(
    'does not depend on allows that are over',
    fc.property(scene(anyRules), ([own, request]) => {
      const rest = own.filter(({ effect, until }) => effect === 'deny' || until === undefined || NOW < until);
      expect(decided(own, request)).toEqual(decided(rest, request));
    }),
  );

  law(
    'is never widened by a revocation',
    fc.property(scene(anyRules), fc.array(revocation), revocation, ([own, request], entries, more) => {
      expectImplies(admits(own, request, [...entries, more]), admits(own, request, entries));
    }),
  );

  law(
    'does not depend on revocations that have ended',
    fc.property(scene(anyRules), fc.array(revocation), ([own, request], entries) => {
      const live = entries.filter(({ until }) => NOW < until);
      expect(decided(own, request, entries)).toEqual(decided(own, request, live));
    }),
  );

  law(
    'has a known host, at the point that stands before it',
    fc.property(scene(anyRules), ([own, request]) => {
      const name = request.authority.split('.')[0];
      const isHere = request.point.kind === 'gateway' ? name === 'orders' : request.point.service === name;
      const { outcome, reason } = decided(own, request);
      const isBad = reason === 'token scheme' || reason === 'token proof';
      if (!isHere && !isBad) expect([outcome, reason]).toEqual(['forbidden', 'unknown service']);
    }),
  );

  law(
    'does not look at the query, the port, the case of the host or other headers',
    fc.property(scene(anyRules), ([own, request]) => {
      const other: Request = {
        ...request,
        path: `${request.path.split('?')[0]}?x=/admin/../..;//`,
        authority: `${request.authority.toUpperCase()}:8443`,
        headers: [
          ['x-forwarded-for', '10.0.0.1'],
          ['x-role', 'admin'],
          ['x-forwarded-client-cert', `URI=${workloadId('web')}`],
        ],
      };
      expect(decided(own, other)).toEqual(decided(own, request));
    }),
  );
});

describe('identity', () => {
  const issuerOnly = (rule: AccessRule, issuer: string): AccessRule => ({
    ...rule,
    principals: rule.principals.flatMap((one): PolicyPrincipal[] => {
      if (one.kind === 'token') return [{ ...one, issuer }];
      return one.kind === 'workload' && one.forUser ? [{ ...one, forUser: { ...one.forUser, issuer } }] : [];
    }),
  });

  law(
    'a token of one issuer opens nothing of another',
    fc.property(scene(rules(allowRule)), goodToken, ([own, request], credential) => {
      const name = credential.claims['iss'] === 'https://people.test' ? 'partners' : 'people';
      expect(
        admits(
          own.map((rule) => issuerOnly(rule, name)),
          { ...request, credential },
        ),
      ).toBe(false);
    }),
  );

  law(
    'a workload opens only what names it',
    fc.property(scene(rules(allowRule)), ([own, request]) => {
      const open = own.map((rule) => ({
        ...rule,
        principals: rule.principals.filter(({ kind }) => kind !== 'workload'),
      }));
      const peer = workloadId('web');
      expect(admits(open, { ...request, point: { kind: 'sidecar', service: 'orders' }, peer })).toBe(false);
    }),
  );

  law(
    'without a proved peer a sidecar admits nobody',
    fc.property(scene(anyRules), ([own, request]) => {
      const { peer: _, ...alone } = request;
      expect(admits(own, { ...alone, point: { kind: 'sidecar', service: 'orders' } })).toBe(false);
    }),
  );

  law(
    'what a client shows a gateway is no peer',
    fc.property(scene(anyRules), fc.constantFrom('web', 'gateway'), ([own, request], name) => {
      const { peer: _, ...atGateway } = { ...request, point: { kind: 'gateway' } as const };
      expect(decided(own, { ...atGateway, peer: workloadId(name) })).toEqual(decided(own, atGateway));
    }),
  );
});

describe('decide is total', () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.constantFrom('GET', '/a', 'orders.shop.test', ''),
  );
  law(
    'whatever comes in, something comes out',
    fc.property(
      anyRules,
      text,
      text,
      text,
      fc.array(fc.tuple(text, text)),
      fc.dictionary(text, fc.jsonValue()),
      text,
      (own, method, authority, path, headers, claims, sourceAddress) => {
        const credential = token({ ...claims, iss: 'https://people.test' }, { header: claims });
        const request: Request = {
          point: { kind: 'gateway' },
          method,
          authority,
          path,
          headers,
          credential,
          sourceAddress,
          now: NOW,
        };
        expect(typeof decided(own, request).outcome).toBe('string');
        const reached = { ...request, method: 'GET', authority: 'orders.shop.test', path: '/a', headers: [] };
        expect(typeof decided(own, reached).outcome).toBe('string');
      },
    ),
  );

  law(
    'and neither the policy nor the request changes, nor does the next decision',
    fc.property(scene(anyRules), ([own, request]) => {
      const before = JSON.stringify([own, request]);
      const index = indexPolicy(policyWith(own));
      const first = decide(index, request);
      expect(decide(index, request)).toEqual(first);
      expect(JSON.stringify([own, request])).toBe(before);
    }),
  );

  law(
    'a verdict on a token does not depend on the rules',
    fc.property(anyRules, goodToken, (own, credential) => {
      expect(judgeToken(indexPolicy(policyWith(own)), 'orders', credential, NOW)).toEqual(
        judgeToken(indexPolicy(policyWith([])), 'orders', credential, NOW),
      );
    }),
  );
});
