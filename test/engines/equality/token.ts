import type { TestIssuer } from '../support/issuer.js';
import { type BearerSpec, type Instant, materialize, type TokenSpec } from './case.js';
import type { JsonObject } from '../../../lib/policy/request.js';

/** The value of an `Authorization` header with a token in it. */
export function authorization(
  { before, token, after = '' }: BearerSpec,
  issuers: ReadonlyMap<string, TestIssuer>,
  instant: Instant,
): string {
  return `${before}${mint(token, issuers, instant)}${after}`;
}

function mint(spec: TokenSpec, issuers: ReadonlyMap<string, TestIssuer>, instant: Instant): string {
  const issuer = issuers.get(spec.signer);
  if (!issuer) throw new RangeError(`no issuer ${spec.signer}`);
  const key = issuer.keys[spec.key % issuer.keys.length];
  const header = materialize(spec.header, instant) as JsonObject;
  const claims = materialize(spec.claims, instant) as JsonObject;
  const sign = (padding?: string) => {
    const padded = padding === undefined ? claims : { ...claims, padding };
    const text = (spec.edits ?? []).reduce(
      (json, [from, to]) => json.replace(from, () => to),
      JSON.stringify(padded),
    );
    return issuer.sign(header, text, key);
  };
  if (spec.bytes === undefined) return tamper(sign(), spec.tampering);
  // Three bytes of a claim are four of the token; the length that is meant may lie between.
  const plain = sign('').length;
  let padding = Math.max(0, Math.floor(((spec.bytes - plain) * 3) / 4) - 2);
  while (sign('x'.repeat(padding)).length < spec.bytes) padding += 1;
  return tamper(sign('x'.repeat(padding)), spec.tampering);
}

function tamper(compact: string, how: TokenSpec['tampering']): string {
  const [header = '', payload = '', signature = ''] = compact.split('.');
  const changed = (text: string) => `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`;
  switch (how) {
    case undefined:
      return compact;
    case 'signature':
      return `${header}.${payload}.${changed(signature)}`;
    case 'payload':
      // The last character but one: the JSON stays JSON, most often.
      return `${header}.${payload.slice(0, -6)}${changed(payload.slice(-6))}.${signature}`;
    case 'no-signature':
      return `${header}.${payload}.`;
  }
}
