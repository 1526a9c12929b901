import { AuthorityError } from './error.js';

/** Bytes of the longest SPIFFE ID, and of its trust domain (SPIFFE-ID sections 2.1 and 2.3). */
const MAX_ID_BYTES = 2048;
const MAX_TRUST_DOMAIN_BYTES = 255;

const SPIFFE_ID = /^spiffe:\/\/([a-z0-9._-]+)((?:\/[A-Za-z0-9._-]+)+)$/;

/**
 * Check the SPIFFE ID of a workload (SPIFFE-ID section 2). Throws `malformed-spiffe-id` for another
 * scheme, an empty or dot segment, upper case in the trust domain, percent-encoding, and for an ID
 * without a path, which is a trust domain's own.
 */
export function checkSpiffeId(id: string): void {
  const [, trustDomain = '', path = ''] = SPIFFE_ID.exec(id) ?? [];
  const dots = path.split('/').some((segment) => segment === '.' || segment === '..');
  if (trustDomain === '' || dots || trustDomain.length > MAX_TRUST_DOMAIN_BYTES || id.length > MAX_ID_BYTES) {
    throw new AuthorityError(
      'malformed-spiffe-id',
      `${JSON.stringify(id.slice(0, 120))} is no workload's SPIFFE ID`,
    );
  }
}
