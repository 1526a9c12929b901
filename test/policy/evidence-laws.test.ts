import fc from 'fast-check';
import { scene } from './aim.js';
import { allowRule, anyRules, denyRule, goodToken, rules } from './arbitrary.js';
import { NO_TOKEN, NOW } from './fixture.js';
import { admits, carriedOr, decided, expectImplies, law } from './law.js';

jest.setTimeout(30 * 60_000);

describe('less evidence', () => {
  // Not for a deny on a pipeline: that it is this pipeline is itself evidence, and without it the deny is silent.
  law(
    'a good token that lacks a claim opens no more, where no deny asks for claims',
    fc.property(
      scene(rules(allowRule, allowRule, denyRule)),
      goodToken,
      fc.nat(),
      ([own, request], other, at) => {
        const credential = carriedOr(request, other);
        const names = Object.keys(credential.claims);
        const { [names[at % names.length]!]: _, ...claims } = credential.claims;
        const less = { ...request, credential: { ...credential, claims } };
        expectImplies(admits(own, less), admits(own, { ...request, credential }));
      },
    ),
  );

  // Not for a deny on an issuer: whoever it speaks about may leave the token at home and be anyone.
  law(
    'no token opens no more than a good one, where no deny names an issuer',
    fc.property(scene(rules(allowRule, allowRule, denyRule)), goodToken, ([own, request], other) => {
      const credential = carriedOr(request, other);
      const kept = own.filter(
        (rule) => rule.effect === 'allow' || rule.principals.every(({ kind }) => kind !== 'token'),
      );
      expectImplies(
        admits(kept, { ...request, credential: NO_TOKEN }),
        admits(kept, { ...request, credential }),
      );
    }),
  );

  law(
    'no certificate opens no more than any',
    fc.property(scene(anyRules), ([own, request]) => {
      const { certificateThumbprint: _, ...without } = request;
      expectImplies(admits(own, without), admits(own, { ...request, certificateThumbprint: 'any' }));
    }),
  );

  law(
    'an address in no range opens no more than one in a range',
    fc.property(scene(anyRules), ([own, request]) => {
      const from = (sourceAddress: string) => admits(own, { ...request, sourceAddress });
      expectImplies(from('unknown'), from('10.0.0.1'));
    }),
  );

  law(
    'a bad token opens nothing',
    fc.property(scene(anyRules), goodToken, fc.nat(), ([own, request], other, at) => {
      const credential = carriedOr(request, other);
      const bad = [
        { ...credential, signature: 'invalid' as const },
        { ...credential, claims: { ...credential.claims, exp: NOW - 31 } },
        { ...credential, claims: { ...credential.claims, aud: 'https://payments.shop.test' } },
        { ...credential, header: { ...credential.header, crit: ['exp'] } },
        { kind: 'malformed' as const, reason: 'any' },
      ];
      expect(admits(own, { ...request, credential: bad[at % bad.length]! })).toBe(false);
    }),
  );
});

describe('a challenge is worth following', () => {
  law(
    'after a step-up the same token admits, and only then',
    fc.property(scene(anyRules), goodToken, ([own, request], other) => {
      const credential = carriedOr(request, other);
      const asked = { ...request, credential };
      const { outcome } = decided(own, asked);
      const claims = { ...credential.claims, amr: ['mfa'], auth_time: NOW };
      const stronger = admits(own, { ...asked, credential: { ...credential, claims } });
      if (outcome === 'stepUp') expect(stronger).toBe(true);
      if (outcome === 'forbidden') expect(stronger).toBe(false);
    }),
  );

  // Not for a condition about a token in an allow for those who need none: a model may not say that.
  law(
    'where no token is asked for, none helps, were it not for denies',
    fc.property(scene(rules(allowRule)), goodToken, ([own, request], other) => {
      const credential = carriedOr(request, other);
      const sound = own.filter(
        (rule) =>
          rule.conditions.every(({ kind }) => kind === 'sourceNetwork') ||
          rule.principals.every((one) => one.kind === 'token' || (one.kind === 'workload' && one.forUser)),
      );
      const without = decided(sound, { ...request, credential: NO_TOKEN });
      if (without.outcome === 'forbidden') expect(admits(sound, { ...request, credential })).toBe(false);
    }),
  );
});
