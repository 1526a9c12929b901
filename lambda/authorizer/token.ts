import type { SignatureAlgorithm } from '../../lib/model/identity.js';
import type { Credential, JsonObject } from '../../lib/policy/request.js';
import { ALGORITHMS } from './algorithm.js';
import { MAX_KEY_ID } from './jwk.js';
import { MAX_PART, readPart } from './strict-json.js';

/** A token taken apart, its signature not looked at yet. */
export interface ReadToken {
  readonly compact: string;
  readonly header: TokenHeader;
  readonly claims: JsonObject;
  /** Where the signature begins; what is before its dot is what was signed. */
  readonly signatureAt: number;
  /** As `decide` takes it, as if its signature were good: nothing is admitted before that is so. */
  readonly credential: Extract<Credential, { kind: 'jwt' }>;
}

export interface TokenHeader {
  readonly json: JsonObject;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  /** Whether the type is that of an access token; of an issuer with a type of its own `decide` asks for that. */
  readonly isAccessToken: boolean;
}

/** Header parts that were seen on good tokens; an issuer has one for each of its keys. */
const MAX_HEADERS = 64;

/**
 * Header members with which a token means something else: extensions that must be understood (RFC 7515
 * section 4.1.11), a payload that is not encoded (RFC 7797), a nested token (RFC 7519 section 5.2),
 * an encrypted or compressed one (RFC 7516).
 */
const REFUSED_MEMBERS = ['crit', 'b64', 'cty', 'enc', 'zip'];

/** Types of an access token where the issuer makes no other: any other explicit type is another kind of token (RFC 8725 section 3.11). */
const COMMON_TYPES = /^(?:application\/)?(?:at\+)?jwt$/i;

/** Reads compact tokens (RFC 7515), and remembers the headers of good ones. */
export class TokenReader {
  readonly #headers = new Map<string, TokenHeader>();
  readonly #remembered = new Set<TokenHeader>();

  /** A string says why it is no token that could be valid. Every step is bounded by `MAX_PART`. */
  read(compact: string): ReadToken | string {
    if (compact.length > MAX_PART) return 'size';
    const first = compact.indexOf('.');
    const second = compact.indexOf('.', first + 1);
    if (first < 1 || second < 0 || compact.indexOf('.', second + 1) >= 0) return 'not three parts';
    const header = this.#header(compact.slice(0, first));
    if (typeof header === 'string') return header;
    const claims = readPart(compact.slice(first + 1, second));
    if (!claims) return 'payload is not a JSON object in base64url';
    return {
      compact,
      header,
      claims,
      signatureAt: second + 1,
      credential: { kind: 'jwt', header: header.json, claims, bytes: compact.length, signature: 'valid' },
    };
  }

  /** Remember the header of a token that was found good; others would only fill the memory. */
  remember({ compact, header }: ReadToken): void {
    if (this.#remembered.has(header) || this.#headers.size >= MAX_HEADERS) return;
    this.#headers.set(compact.slice(0, compact.indexOf('.')), header);
    this.#remembered.add(header);
  }

  #header(part: string): TokenHeader | string {
    return this.#headers.get(part) ?? readHeader(part);
  }
}

function readHeader(part: string): TokenHeader | string {
  const json = readPart(part);
  if (!json) return 'header is not a JSON object in base64url';
  const { kid, alg, typ } = json;
  const refused = REFUSED_MEMBERS.find((name) => Object.hasOwn(json, name));
  if (refused !== undefined) return `header has ${refused}`;
  if (!Object.hasOwn(json, 'kid') || typeof kid !== 'string' || kid === '' || kid.length > MAX_KEY_ID) {
    return 'key id';
  }
  const algorithm = Object.hasOwn(json, 'alg') ? ALGORITHMS.get(alg)?.name : undefined;
  if (algorithm === undefined) return 'algorithm';
  const type = Object.hasOwn(json, 'typ') ? typ : 'JWT';
  if (typeof type !== 'string') return 'type';
  return { json, kid, algorithm, isAccessToken: COMMON_TYPES.test(type) };
}
