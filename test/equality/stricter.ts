import { claimAt } from '../../lib/policy/claim.js';
import { ABILITIES, strictnessOf } from '../../lib/policy/compile/abilities/index.js';
import type { Decision, Outcome } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import type { Credential, Request } from '../../lib/policy/request.js';
import type { EdgeForm } from './edge-point.js';
import type { Posed } from './world.js';

/** A token that `decide` takes, as it was sent. */
interface Sent {
  readonly token: Extract<Credential, { kind: 'jwt' }>;
  readonly issuerName: string;
  readonly compact: string;
}

/** The keys that issuers of the tests publish under an id, by issuer: id and algorithm. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  people: ['people-1 ES256', 'people-2 RS256', 'people-3 ES384'],
  partners: ['partners-1 RS256', 'partners-2 ES256'],
  staff: ['staff-2 ES384', 'staff-3 ES512', 'staff-4 EdDSA', 'staff-5 PS256', 'staff-6 RS512'],
};
const PIPELINE_KEYS: readonly string[] = ['ci-1 RS256'];

/**
 * What the authorizer refuses beyond `decide` and what no decided request shows: bytes, and what is published. The
 * rest is what the compiler declares, and is held against the bundled code here.
 */
const UNSHOWN: readonly { readonly begins: string; readonly refuses: (sent: Sent) => boolean }[] = [
  {
    begins: '`kid` is required',
    refuses: ({ token: { header }, issuerName }) => {
      const [kid, algorithm] = ['kid', 'alg'].map((name) => claimAt(header, [name]));
      const known = PUBLISHED[issuerName] ?? PIPELINE_KEYS;
      return (
        typeof kid !== 'string' || typeof algorithm !== 'string' || !known.includes(`${kid} ${algorithm}`)
      );
    },
  },
  {
    begins: 'base64url has one spelling',
    refuses: ({ compact }) =>
      compact.split('.').some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part),
  },
];

/** The rows that no random request comes to, by how they begin, with where they are tried. */
const TRIED_IN: Readonly<Record<string, string>> = {
  'a key with `use` or `key_ops`': 'test/lambda/authorizer/keys.test.ts',
};

/** What the authorizer declares and nothing tries: there is none. */
export function untried(): string[] {
  return ABILITIES.authorizer
    .stricter!.filter(({ refuses }) => refuses === undefined)
    .map(({ here }) => here)
    .filter(
      (here) =>
        ![...UNSHOWN.map(({ begins }) => begins), ...Object.keys(TRIED_IN)].some((begins) =>
          here.startsWith(begins),
        ),
    );
}

/** What the authorizer says where it is stricter; undefined where it says what `decide` says. */
export function stricterOutcome(
  form: EdgeForm,
  index: PolicyIndex,
  posed: Posed,
  request: Request,
  decision: Decision,
): Outcome | undefined {
  const at = form === 'decision service' ? undefined : form;
  const declared = strictnessOf(ABILITIES.authorizer, index, request, decision, at);
  if (declared) return declared.outcome;
  const { credential } = request;
  const { outcome } = decision;
  if (outcome === 'nonCanonical' || outcome === 'preflight' || outcome === 'invalidToken') return undefined;
  if (credential.kind !== 'jwt') return undefined;
  const [issuerName] = Object.entries(index.policy.issuers).find(
    ([, known]) => known.issuer === credential.claims['iss'],
  )!;
  const lines = posed.request.headers.filter(([name]) => name === 'authorization');
  const compact = lines[0]?.[1].slice('Bearer '.length) ?? '';
  const sent: Sent = { token: credential, issuerName, compact };
  return UNSHOWN.some(({ refuses }) => refuses(sent)) ? 'invalidToken' : undefined;
}
