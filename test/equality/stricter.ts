import { claimAt } from '../../lib/policy/claim.js';
import type { Decision, Outcome } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import type { Issuer } from '../../lib/policy/policy.js';
import type { Credential, Request } from '../../lib/policy/request.js';
import type { EdgeForm } from './edge-point.js';
import type { Posed } from './world.js';

/** A token that `decide` takes, as the authorizer looks at it once more. */
interface Seen {
  readonly token: Extract<Credential, { kind: 'jwt' }>;
  readonly issuer: Issuer;
  readonly issuerName: string;
  readonly compact: string;
  readonly request: Request;
}

/** One thing in which the authorizer refuses more than `decide`: a row of `docs/authorizer.md`. */
export interface Stricter {
  /** What the page says about it, word for word. */
  readonly says: string;
  /** The forms that it is about. @default all */
  readonly form?: EdgeForm;
  /** Of tokens: ends as a bad one. Of paths: as one that is not canonical. Absent: no random request comes to it. */
  readonly token?: (seen: Seen) => boolean;
  readonly path?: (path: string, seen: Request) => boolean;
  /** Where it is tried, if not here. */
  readonly triedIn?: string;
}

/** `maxTokenLifetimeSeconds` unless set. */
const LONGEST_LIFE = 28 * 3600;

/** The keys that issuers of the tests publish under an id, by issuer: id and algorithm. */
const PUBLISHED: Readonly<Record<string, readonly string[]>> = {
  people: ['people-1 ES256', 'people-2 RS256', 'people-3 ES384'],
  partners: ['partners-1 RS256', 'partners-2 ES256'],
  staff: ['staff-2 ES384', 'staff-3 ES512', 'staff-4 EdDSA', 'staff-5 PS256', 'staff-6 RS512'],
};
const PIPELINE_KEYS: readonly string[] = ['ci-1 RS256'];

export const STRICTER: readonly Stricter[] = [
  {
    says: '`kid` is required, 1 to 256 characters, and must be that of a published key',
    token: ({ token: { header }, issuerName }) => {
      const [kid, algorithm] = ['kid', 'alg'].map((name) => claimAt(header, [name]));
      const known = PUBLISHED[issuerName] ?? PIPELINE_KEYS;
      const isNamed = typeof kid === 'string' && typeof algorithm === 'string';
      return !isNamed || !known.includes(`${kid} ${algorithm}`);
    },
  },
  {
    says: 'base64url has one spelling: unused bits are zero',
    token: ({ compact }) =>
      compact.split('.').some((part) => Buffer.from(part, 'base64url').toString('base64url') !== part),
  },
  {
    says: 'no `b64`, `cty`, `enc`, `zip` in the header (RFC 7797, RFC 7519 section 5.2, RFC 7516)',
    token: ({ token }) => ['b64', 'cty', 'enc', 'zip'].some((name) => Object.hasOwn(token.header, name)),
  },
  {
    says: 'without a `tokenType` of the issuer, `typ` is absent, `JWT` or `at+jwt` (RFC 8725 section 3.11)',
    token: ({ token, issuer }) => {
      const type = claimAt(token.header, ['typ']);
      if (issuer.profile.tokenType !== undefined || type === undefined) return false;
      return typeof type !== 'string' || !/^(application\/)?(jwt|at\+jwt)$/i.test(type);
    },
  },
  {
    says: 'no `at_hash`, `c_hash` or `s_hash`: an ID token is no access token',
    token: ({ token }) => ['at_hash', 'c_hash', 's_hash'].some((name) => Object.hasOwn(token.claims, name)),
  },
  {
    says: '`iat` is there, and at most the skew ahead',
    token: ({ token, request, issuer }) => {
      const issued = claimAt(token.claims, ['iat']);
      return typeof issued !== 'number' || issued > request.now + issuer.profile.clockSkewSeconds;
    },
  },
  {
    says: 'a life of at most `maxTokenLifetimeSeconds` (28 hours unless set)',
    token: ({ token, request }) => {
      const issued = claimAt(token.claims, ['iat']) ?? request.now;
      return Number(claimAt(token.claims, ['exp'])) - Number(issued) > LONGEST_LIFE;
    },
  },
  {
    says: 'a key with `use` or `key_ops` for something else, an RSA key under 2,048 or over 8,192 bits, or two keys with one `kid` verify nothing',
    triedIn: 'test/lambda/authorizer/keys.test.ts',
  },
  {
    says: "a token with `cnf` passes only with what it is bound to: the client's certificate (RFC 8705) or a DPoP proof (RFC 9449); one bound to anything else is refused",
    token: ({ token: { claims }, request }) => {
      if (!Object.hasOwn(claims, 'cnf')) return false;
      const bound = claimAt(claims, ['cnf', 'x5t#S256']);
      const isAlone = claimAt(claims, ['cnf', 'jkt']) === undefined;
      return !isAlone || bound === undefined || bound !== request.certificateThumbprint;
    },
  },
  {
    says: 'one `Authorization` header',
    token: ({ request }) => request.headers.filter(([name]) => name === 'authorization').length > 1,
  },
  {
    says: 'REST: a path with `*` or `?`, or whose ARN is longer than 512 characters',
    form: 'REST API',
    path: (path) => path.includes('*'),
  },
  {
    says: 'HTTP API: a path with anything but `A–Z a–z 0–9 - . _ ~ /`, since that API decodes paths before anybody sees them',
    form: 'HTTP API',
    path: (path) => !/^[A-Za-z0-9._~/-]*$/.test(path),
  },
];

/** What the authorizer says where it is stricter; undefined where it says what `decide` says. */
export function stricterOutcome(
  form: EdgeForm,
  index: PolicyIndex,
  posed: Posed,
  request: Request,
  { outcome }: Decision,
): Outcome | undefined {
  if (outcome === 'nonCanonical') return undefined;
  const here = STRICTER.filter((row) => row.form === undefined || row.form === form);
  if (here.some(({ path }) => path?.(request.path, request))) return 'nonCanonical';
  const { credential } = request;
  if (outcome === 'preflight' || outcome === 'invalidToken' || credential.kind !== 'jwt') return undefined;
  const [issuerName, issuer] = Object.entries(index.policy.issuers).find(
    ([, known]) => known.issuer === credential.claims['iss'],
  )!;
  const line = posed.request.headers.find(([name, value]) => name === 'authorization' && value !== '');
  const compact = line?.[1].slice('Bearer '.length) ?? '';
  const seen: Seen = { token: credential, issuer, issuerName, compact, request };
  return here.some(({ token }) => token?.(seen)) ? 'invalidToken' : undefined;
}
