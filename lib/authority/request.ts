import { createPublicKey, type KeyObject } from 'node:crypto';
import { PemConverter, Pkcs10CertificateRequest, Pkcs10CertificateRequestGenerator } from './x509.js';
import { AuthorityError } from './error.js';
import { type CertifiedKey, certifiedKey, curveOf } from './public-key.js';

/** Bytes of the longest request that is looked at; one for a P-384 key alone has under 400. */
const MAX_REQUEST_BYTES = 8192;

/** Hashes a request may be signed with. */
const HASHES: readonly string[] = ['SHA-256', 'SHA-384', 'SHA-512'];

/** A PKCS #10 request (PEM) that says nothing but the key: the authority would not read more. */
export async function certificateRequest(privateKey: KeyObject): Promise<string> {
  const curve = curveOf(privateKey);
  const algorithm = { name: 'ECDSA', namedCurve: curve };
  const request = await Pkcs10CertificateRequestGenerator.create({
    keys: {
      publicKey: createPublicKey(privateKey).toCryptoKey(algorithm, true, ['verify']),
      privateKey: privateKey.toCryptoKey(algorithm, false, ['sign']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: curve === 'P-256' ? 'SHA-256' : 'SHA-384' },
  });
  return request.toString('pem');
}

/**
 * The public key of a PKCS #10 request, PEM or DER. The request must be signed by that very key;
 * its subject, names, usages and attributes are never read.
 */
export async function requestedKey(request: string | Uint8Array): Promise<CertifiedKey> {
  const { parsed, spki } = parse(request);
  const key = certifiedKey(spki);
  if (!(await isProven(parsed))) {
    throw new AuthorityError('unproven-request', 'the request is not signed by the key that it asks for');
  }
  return key;
}

function parse(request: string | Uint8Array): { parsed: Pkcs10CertificateRequest; spki: Uint8Array } {
  if (request.length > MAX_REQUEST_BYTES) {
    throw new AuthorityError('malformed-request', `the request has more than ${MAX_REQUEST_BYTES} bytes`);
  }
  try {
    const der = typeof request === 'string' ? fromPem(request) : new Uint8Array(request);
    const parsed = new Pkcs10CertificateRequest(der);
    return { parsed, spki: new Uint8Array(parsed.publicKey.rawData) };
  } catch {
    throw new AuthorityError('malformed-request', 'not one PKCS #10 certificate request, PEM or DER');
  }
}

function fromPem(text: string): ArrayBuffer {
  const blocks = PemConverter.decodeWithHeaders(text);
  const [block] = blocks;
  if (blocks.length !== 1 || block?.type !== PemConverter.CertificateRequestTag) {
    throw new TypeError('not one PEM block with a request');
  }
  return block.rawData;
}

async function isProven(request: Pkcs10CertificateRequest): Promise<boolean> {
  try {
    const { hash } = request.signatureAlgorithm as { readonly hash: { readonly name: string } };
    return HASHES.includes(hash.name) && (await request.verify());
  } catch {
    return false;
  }
}
