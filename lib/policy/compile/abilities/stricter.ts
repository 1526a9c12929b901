import { pathOf } from '../../canonical.js';
import { claimAt } from '../../claim.js';
import { seesClient } from '../../condition.js';
import type { Decision } from '../../decide.js';
import type { PolicyIndex } from '../../index-rules.js';
import type { Request } from '../../request.js';
import { judgeToken } from '../../token.js';
import type { Abilities, GoodToken, Strictness } from './ability.js';

/** Characters of a `kid`. */
const MAX_KEY_ID = 256;
/** Seconds: `maxTokenLifetimeSeconds` of the authorizer unless it is set. */
export const LONGEST_LIFE = 100_800;
/** Header members with which a token means something else. */
const OTHER_MEANINGS = ['b64', 'cty', 'enc', 'zip'];
const COMMON_TYPES = /^(?:application\/)?(?:at\+)?jwt$/i;
/**
 * Claims that no access token has: those of an ID token (OpenID Connect Core, sections 3.1.3.6 and 3.3.2.11), and that
 * of a logout token (OpenID Connect Back-Channel Logout, section 2.4).
 */
const CLAIMS_OF_OTHERS = ['at_hash', 'c_hash', 's_hash', 'events'];
/** Characters of the ARN of a method, which ends with the path. */
const MAX_ARN = 512;

/**
 * In what the authorizer's code refuses more than `decide`. What of it is about tokens holds at a decision
 * service as well, which is the same code; but for what a token is bound to, if no client's connection ends there.
 */
export const STRICTER: readonly Strictness[] = [
  {
    here: '`Authorization` has one line: another, an empty one too, is a second token',
    elsewhere: 'lines that are empty are not looked at',
    outcome: 'invalidToken',
    refuses: {
      token: (_, { headers }) => headers.filter(([name]) => name === 'authorization').length > 1,
    },
  },
  {
    here: '`kid` is required, 1 to 256 characters, and must be that of a published key',
    elsewhere: 'a token without one is tried with every key',
    outcome: 'invalidToken',
    refuses: {
      token: ({ header }) => {
        const kid = claimAt(header, ['kid']);
        return typeof kid !== 'string' || kid === '' || kid.length > MAX_KEY_ID;
      },
    },
  },
  {
    here: 'base64url has one spelling: unused bits are zero',
    elsewhere: 'unused bits are ignored',
    outcome: 'invalidToken',
  },
  {
    here: 'no `b64`, `cty`, `enc`, `zip` in the header (RFC 7797, RFC 7519 section 5.2, RFC 7516)',
    elsewhere: 'not looked at',
    outcome: 'invalidToken',
    refuses: { token: ({ header }) => OTHER_MEANINGS.some((name) => Object.hasOwn(header, name)) },
  },
  {
    here: 'without a `tokenType` of the issuer, `typ` is absent, `JWT` or `at+jwt` (RFC 8725 section 3.11)',
    elsewhere: 'not looked at',
    outcome: 'invalidToken',
    refuses: {
      token: ({ header, issuer }) => {
        const type = claimAt(header, ['typ']);
        if (issuer.profile.tokenType !== undefined || type === undefined) return false;
        return typeof type !== 'string' || !COMMON_TYPES.test(type);
      },
    },
  },
  {
    here: 'no `at_hash`, `c_hash`, `s_hash` or `events`: an ID token or a logout token is no access token',
    elsewhere: 'not looked at',
    outcome: 'invalidToken',
    refuses: { token: ({ claims }) => CLAIMS_OF_OTHERS.some((name) => Object.hasOwn(claims, name)) },
  },
  {
    here: '`iat` is there, and at most the skew ahead',
    elsewhere:
      'the same for a provider with `maxTokenLifetimeSeconds`; else it may be absent, and is not compared with the clock',
    outcome: 'invalidToken',
    refuses: {
      token: ({ claims, issuer: { profile } }, { now }) => {
        const issued = claimAt(claims, ['iat']);
        return typeof issued !== 'number' || issued > Math.floor(now) + profile.clockSkewSeconds;
      },
    },
  },
  {
    here: 'a life of at most `maxTokenLifetimeSeconds` of the authorizer (28 hours unless set)',
    elsewhere:
      'at most `maxTokenLifetimeSeconds` of the provider, 28 hours at the most; without it not looked at',
    outcome: 'invalidToken',
    refuses: {
      token: ({ claims }) =>
        Number(claimAt(claims, ['exp'])) - Number(claimAt(claims, ['iat'])) > LONGEST_LIFE,
    },
  },
  {
    here: 'a key with `use` or `key_ops` for something else, an RSA key under 2,048 or over 8,192 bits or whose exponent is even, 1 or over 32 bits, or two keys with one `kid` verify nothing',
    elsewhere: 'published keys verify',
    outcome: 'invalidToken',
  },
  {
    here: "a token with `cnf` passes only with what it is bound to: the client's certificate (RFC 8705) or a DPoP proof (RFC 9449); one bound to anything else is refused",
    elsewhere: 'looked at where a rule asks for it',
    outcome: 'invalidToken',
    refuses: { token: isUnbound },
  },
  {
    here: 'a path with `*` or `?`, or whose ARN is longer than 512 characters, is refused: it would be a pattern, or no policy could name it',
    elsewhere: 'judged',
    outcome: 'nonCanonical',
    form: 'REST API',
    refuses: { path: (path) => path.includes('*') || path.length > MAX_ARN },
  },
  {
    here: 'a path with anything but `A–Z a–z 0–9 - . _ ~ /` is refused, since that API decodes paths before anybody sees them',
    elsewhere: 'judged',
    outcome: 'nonCanonical',
    form: 'HTTP API',
    refuses: { path: (path) => !/^[A-Za-z0-9._~/-]*$/.test(path) },
  },
];

/** A token with `cnf`, and not with what that names. */
function isUnbound({ claims }: GoodToken, { point, certificateThumbprint, provenKey }: Request): boolean {
  if (!seesClient(point) || !Object.hasOwn(claims, 'cnf')) return false;
  const certificate = claimAt(claims, ['cnf', 'x5t#S256']);
  const key = claimAt(claims, ['cnf', 'jkt']);
  if (certificate === undefined && key === undefined) return true;
  if (certificate !== undefined && (certificate === '' || certificate !== certificateThumbprint)) return true;
  return key !== undefined && (key === '' || key !== provenKey);
}

/**
 * The first thing in which a target refuses what `decide` judged otherwise; undefined where both say the same, as
 * far as a request can show it.
 */
export function strictnessOf(
  { stricter = [] }: Abilities,
  index: PolicyIndex,
  request: Request,
  { outcome, service }: Decision,
  form?: Strictness['form'],
): Strictness | undefined {
  if (outcome === 'nonCanonical') return undefined;
  const here = stricter.filter((one) => one.form === undefined || one.form === form);
  const path = pathOf(request.path);
  const byPath = here.find(({ refuses }) => refuses?.path?.(path));
  if (byPath) return byPath;
  const { credential } = request;
  if (outcome === 'preflight' || outcome === 'invalidToken' || credential.kind !== 'jwt') return undefined;
  const verdict = judgeToken(index, service, credential, Math.floor(request.now));
  if (verdict.kind !== 'valid') return undefined;
  const token: GoodToken = {
    header: credential.header,
    claims: credential.claims,
    issuer: verdict.token.profile,
  };
  return here.find(({ refuses }) => refuses?.token?.(token, request));
}
