import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { METHODS } from './access.js';

/**
 * The kinds of text in a model. What a value can be told by itself is here, as a check whose message
 * is the code of the diagnostic (`lib/model/issues.ts` has its words); what needs a second element,
 * the engine or the date is a check in `lib/rules`.
 */

/** Valid at once as a DNS label, a Cloud Map name, a Kubernetes name and a SPIFFE segment. */
const NAME = /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/;
const RULE_NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?$/;
/** A label of RFC 1123. */
const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
/** A DNS name whose last label is no number, so that it is never read as an address. */
const DNS_NAME = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)*(?![0-9]+$)${LABEL}$`);
/** RFC 9110 token, in lower case as HTTP/2 wants header names. */
const HEADER_NAME = /^[!#$%&'*+.^`|~0-9a-z-]+$/;
/** RFC 6749 section 3.3. */
const SCOPE = /^[!#-[\]-~]+$/;
/** RFC 6838 section 4.2, the type and its `/` optional as in RFC 7515 section 4.1.9. */
const MEDIA_TYPE = /^(?:[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/)?[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const VISIBLE_ASCII = /^[!-~]+$/;
// oxlint-disable-next-line no-control-regex -- they are what is refused
const NO_CONTROLS = /^[^\u0000-\u001f\u007f]+$/;

/** Characters of a claim's value, a group or an audience: far above any in use, far below a token's size. */
const MAX_VALUE = 1024;

const line = (code: string, max = MAX_VALUE) =>
  z.string().min(1, { error: code, abort: true }).max(max).regex(NO_CONTROLS, code);

export const name = z.string().regex(NAME, 'invalid-name');
export const ruleName = z.string().regex(RULE_NAME, 'invalid-rule-name');
export const namespace = z.string().regex(new RegExp(`^${LABEL}$`), 'invalid-namespace');
export const trustDomain = z.string().regex(DNS_NAME, 'trust-domain');
export const host = z.string().regex(DNS_NAME, 'host-syntax');
export const audience = z.string().max(MAX_VALUE).regex(VISIBLE_ASCII, 'invalid-audience');
export const mediaType = z.string().regex(MEDIA_TYPE, 'invalid-token-type');
export const scope = z.string().max(MAX_VALUE).regex(SCOPE, 'invalid-scope');
export const group = line('invalid-group');
export const claimName = line('invalid-claim-name', 256);
export const claimText = line('claim-value');
export const clientId = line('invalid-client-id');
export const reason = z.string().regex(/\S/, 'missing-reason').max(1000);
export const headerName = z.string().max(256).regex(HEADER_NAME, 'invalid-header-name');
export const method = z
  .string()
  .refine((text) => METHODS.some((known) => known === text), 'invalid-method')
  .meta({ enum: METHODS });

/** A calendar date or an instant with its zone, of ISO 8601. */
export const date = z.union([z.iso.date(), z.iso.datetime({ offset: true })], 'invalid-date');

export const httpsUrl = z
  .string()
  .max(512)
  .startsWith('https://', { error: 'insecure-url', abort: true })
  .refine(isPlainUrl, 'invalid-url');

export const corsOrigin = z
  .string()
  .max(512)
  .refine((text) => /^https:\/\/[^/]+$/.test(text) && isPlainUrl(text), 'cors-origin')
  .meta({ pattern: '^https://[^/?#@*]+$' });

export const cidr = z.string().max(64).refine(isNetwork, 'invalid-range');

/**
 * An `https` URL in the one spelling that a URL parser gives back (so that what is compared as text
 * and what is fetched are the same), whose host is a DNS name, for a certificate to be checked against.
 */
function isPlainUrl(text: string): boolean {
  if (!/^[!-~]+$/.test(text) || /[?#]/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  const spelled = url.href === text || url.href === `${text}/`;
  return spelled && url.username === '' && url.password === '' && DNS_NAME.test(url.hostname);
}

/** A range in CIDR notation with no bit set after its prefix: `10.1.2.3/8` is most likely a mistake. */
function isNetwork(text: string): boolean {
  const [address = '', bits = '', ...more] = text.split('/');
  if (more.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(bits)) return false;
  if (ipaddr.IPv4.isValidFourPartDecimal(address)) {
    return Number(bits) <= 32 && ipaddr.IPv4.networkAddressFromCIDR(text).toString() === address;
  }
  if (!/^[0-9a-f:]+$/.test(address) || !ipaddr.IPv6.isValid(address) || Number(bits) > 128) return false;
  const parsed = ipaddr.IPv6.parse(address);
  // A client's mapped address counts as IPv4, so such a range would never hold one.
  if (parsed.isIPv4MappedAddress()) return false;
  return ipaddr.IPv6.networkAddressFromCIDR(text).toNormalizedString() === parsed.toNormalizedString();
}
