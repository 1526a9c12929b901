/** What tells why a point decided so; the fields of a decision log line. */
export interface DecidedLine {
  readonly decision?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly rule?: string;
  readonly issuer?: string;
}

/** Reasons of Envoy that are no refusal by rule. */
const OTHERS: Readonly<Record<string, string>> = {
  absolute_path_rejected: 'not canonical',
  cors_response: 'answered at the gateway',
  'oauth.missing_credentials': 'led to the provider',
  'oauth.logged_in': 'signed in',
  'oauth.race_redirect': 'was signed in already',
  'oauth.sign_out': 'signed out',
  direct_response: 'led back to the page',
  login_failed: 'no good answer of a sign-in',
  route_not_found: 'no service has this host',
};

/**
 * Why a point decided so, in words; the log itself has Envoy's own, and so has what this does not know.
 * Without a rule, what would have been needed follows from `outcome`, if the reference decision is at hand.
 */
export function reasonInWords(line: DecidedLine, outcome = outcomeOf(line)): string {
  const { decision, rule, reason = '' } = line;
  if (decision === 'allow') return `admitted by ${rule ?? '?'}`;
  if (rule !== undefined) return `refused by ${rule}`;
  const token = /\[!token-(.*)\]/.exec(reason)?.[1] ?? /^jwt_authn_access_denied\{(.*)\}/.exec(reason)?.[1];
  if (token !== undefined) return `bad token: ${token.replaceAll('_', ' ').replace(/^Jwt is /, '')}`;
  if (reason.includes('noncanonical')) return 'not canonical';
  if (reason.includes('!cross-site')) return 'by a session, and not from a page of this host';
  if (reason.includes('!login-path')) return 'nothing that the login takes';
  if (reason.includes('!not-public')) return 'the name outside leads to an address that is not public';
  if (Object.hasOwn(OTHERS, reason)) return OTHERS[reason] ?? reason;
  if (!reason.startsWith('rbac_access_denied')) return reason;
  if (outcome === 'login') return 'led to the sign-in';
  if (outcome === 'tokenRequired') return 'needs a token';
  return outcome === 'stepUp' ? 'needs a stronger sign-in' : 'no rule admits it';
}

/** Of a 401: an issuer is only there with a valid token. A gRPC call is answered 200, whatever it is. */
function outcomeOf({ status, issuer }: DecidedLine): string {
  if (status === 302) return 'login';
  if (status !== 401) return 'forbidden';
  return issuer === undefined ? 'tokenRequired' : 'stepUp';
}
