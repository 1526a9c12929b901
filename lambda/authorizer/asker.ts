import type { HeaderLine } from '../../lib/policy/request.js';

/** The header by which an Envoy says who its peer is (Envoy, "x-forwarded-client-cert"). */
const FORWARDED = 'x-forwarded-client-cert';

/**
 * One element as an Envoy writes it of a certificate with one URI SAN. Envoy escapes nothing but a subject, so a name in
 * which a field or an element could begin is none.
 */
const ELEMENT = /^By=[^,;="\s]+;Hash=[0-9a-f]{64}(?:;Subject="(?:[^"\\]|\\.)*")?;URI=([^,;="\s]+)$/;

/**
 * The SPIFFE ID of whoever asks, as this process's own sidecar says it. That writes the header anew for each request
 * (`SANITIZE_SET`): where there is more than its one element, somebody else wrote in it.
 */
export function askerOf(lines: readonly HeaderLine[]): string | undefined {
  const [own, ...others] = lines.filter(([name]) => name === FORWARDED);
  return own && others.length === 0 ? ELEMENT.exec(own[1])?.[1] : undefined;
}
