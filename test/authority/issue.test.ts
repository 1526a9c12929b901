import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  certificateRequest,
  generatePrivateKey,
  issueEdge,
  issueIssuing,
  issueRoot,
  issueWorkload,
  memorySigner,
  type SigningAuthority,
} from '../../lib/authority/index.js';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  AuthorityKeyIdentifierExtension,
  X509Certificate as ParsedCertificate,
} from '../../lib/authority/x509.js';
import { handshake, LEAF_LIFETIME, now, profiles, testAuthority, type TestAuthority } from './authority.js';

const ID = 'spiffe://local.dev.shop.example/ns/default/sa/orders';
const SKEW = 30;

let authority: TestAuthority;
beforeAll(async () => {
  authority = await testAuthority();
});

const spki = (key = generatePrivateKey()) =>
  new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

async function workload(key = generatePrivateKey(), at = now) {
  const leaf = await issueWorkload(profiles, authority.issuing, {
    publicKey: spki(key),
    spiffeId: ID,
    now: at,
  });
  return { leaf, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
}

describe('a workload leaf', () => {
  let parsed: ParsedCertificate;
  let leaf: Awaited<ReturnType<typeof workload>>['leaf'];
  beforeAll(async () => {
    ({ leaf } = await workload());
    parsed = new ParsedCertificate(leaf.pem);
  });

  test('has the SPIFFE ID as its only name, and an empty subject', () => {
    expect(new X509Certificate(leaf.pem).subjectAltName).toBe(`URI:${ID}`);
    expect(parsed.getExtension(SubjectAlternativeNameExtension)?.critical).toBe(true);
    expect(parsed.subject).toBe('');
  });

  test('is for signing handshakes of both sides, and is no authority', () => {
    expect(parsed.getExtension(KeyUsagesExtension)).toMatchObject({
      usages: KeyUsageFlags.digitalSignature,
      critical: true,
    });
    expect(parsed.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual([
      '1.3.6.1.5.5.7.3.1',
      '1.3.6.1.5.5.7.3.2',
    ]);
    const constraints = parsed.getExtension(BasicConstraintsExtension);
    expect(constraints).toMatchObject({ ca: false, critical: true });
    expect(constraints?.pathLength).toBeUndefined();
  });

  test('is valid from the clock skew before now, for its life', () => {
    expect(parsed.notBefore).toEqual(after(-SKEW));
    expect(parsed.notAfter).toEqual(after(LEAF_LIFETIME));
    expect(leaf).toMatchObject({ notBefore: parsed.notBefore, notAfter: parsed.notAfter });
  });

  test('names its key and its issuer', () => {
    const issuer = new ParsedCertificate(authority.issuing.certificate);
    expect(parsed.issuer).toBe(issuer.subject);
    const own = parsed.getExtension(SubjectKeyIdentifierExtension)?.keyId;
    expect(own).toMatch(/^[0-9a-f]{40}$/);
    expect(parsed.getExtension(AuthorityKeyIdentifierExtension)?.keyId).toBe(
      issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId,
    );
    expect(own).not.toBe(issuer.getExtension(SubjectKeyIdentifierExtension)?.keyId);
  });

  test('has a random positive serial of 128 bits', async () => {
    const serials = await Promise.all(
      Array.from({ length: 64 }, async () => new X509Certificate((await workload()).leaf.pem).serialNumber),
    );
    expect(new Set(serials).size).toBe(64);
    // A leading byte of zeros comes once in 256: nearly all have 32 hex digits, and none is negative.
    for (const serial of serials) expect(serial).toMatch(/^[0-9A-F]{26,32}$/);
    expect(serials.some((serial) => /^[89A-F]/.test(serial) && serial.length === 32)).toBe(true);
    expect(leaf.serial.toUpperCase()).toBe(new X509Certificate(leaf.pem).serialNumber);
  });

  test('is accepted on both sides of a connection by its root alone, and by no other', async () => {
    const { leaf: fresh, key } = await workload();
    const chain = fresh.pem + authority.issuing.certificate;
    expect(await handshake(authority.root.certificate, chain, key)).toBe('accepted');
    expect(await handshake((await testAuthority()).root.certificate, chain, key)).not.toBe('accepted');
    expect(await handshake(authority.root.certificate, fresh.pem, key)).not.toBe('accepted');
  });

  test('is refused once it has expired', async () => {
    const at = after(-LEAF_LIFETIME - 1);
    const { root, issuing } = await testAuthority(at);
    const key = generatePrivateKey();
    const old = await issueWorkload(profiles, issuing, { publicKey: spki(key), spiffeId: ID, now: at });
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(await handshake(root.certificate, old.pem + issuing.certificate, pkcs8)).toBe('CERT_HAS_EXPIRED');
  });
});

describe('authorities', () => {
  test('a root may have one authority below it, an issuing one none', () => {
    const root = new ParsedCertificate(authority.root.certificate);
    const issuing = new ParsedCertificate(authority.issuing.certificate);
    const constraints = (certificate: ParsedCertificate) =>
      certificate.getExtension(BasicConstraintsExtension);
    expect(constraints(root)).toMatchObject({ ca: true, pathLength: 1, critical: true });
    expect(constraints(issuing)).toMatchObject({ ca: true, pathLength: 0, critical: true });
    for (const certificate of [root, issuing]) {
      expect(certificate.getExtension(KeyUsagesExtension)).toMatchObject({
        usages: KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign,
        critical: true,
      });
      expect(certificate.getExtension(ExtendedKeyUsageExtension)).toBeNull();
      expect(certificate.getExtension(SubjectAlternativeNameExtension)).toBeNull();
    }
    expect(root.notAfter).toEqual(after(profiles.root.lifetimeSeconds));
    expect(issuing.notAfter).toEqual(after(profiles.issuing.lifetimeSeconds));
  });

  test('two roots of one platform never share a name, and a name never exceeds its bound', async () => {
    const make = async (name: string) => {
      const signer = memorySigner(generatePrivateKey());
      return new ParsedCertificate((await issueRoot(profiles, { signer, name, now })).pem).subject;
    };
    const [a, b] = [await make('x'.repeat(300)), await make('x'.repeat(300))];
    expect(a).toMatch(/^CN=x+ root [0-9a-f]{8}$/);
    expect(a).not.toBe(b);
    expect(a).toHaveLength('CN='.length + 64);
  });

  test('nothing outlives its issuer', async () => {
    const root = new ParsedCertificate(authority.root.certificate);
    const late = new Date(root.notAfter.getTime() - 60_000);
    const issuing = memorySigner(generatePrivateKey());
    const { pem, notAfter } = await issueIssuing(profiles, authority.root, {
      issuing,
      name: 'test',
      now: late,
    });
    expect(notAfter).toEqual(root.notAfter);
    const leaf = await issueWorkload(
      profiles,
      { signer: issuing, certificate: pem },
      { publicKey: spki(), spiffeId: ID, now: late },
    );
    expect(leaf.notAfter).toEqual(root.notAfter);
  });

  test.each([
    ['before it is valid', -SKEW - 1],
    ['after it has expired', profiles.issuing.lifetimeSeconds],
  ])('an issuing certificate does not sign %s', async (_when, seconds) => {
    const request = { publicKey: spki(), spiffeId: ID, now: after(seconds) };
    await expect(issueWorkload(profiles, authority.issuing, request)).rejects.toMatchObject({
      code: 'issuer-not-valid',
    });
  });

  test('a root signs no leaf, an issuing key no authority, a leaf nothing', async () => {
    const { leaf, key } = await workload();
    const asAuthority: SigningAuthority = {
      signer: memorySigner(createPrivateKey(key)),
      certificate: leaf.pem,
    };
    const request = { publicKey: spki(), spiffeId: ID, now };
    const below = { issuing: memorySigner(generatePrivateKey()), name: 'test', now };
    const refused = { code: 'issuer-not-authority' };
    await expect(issueWorkload(profiles, authority.root, request)).rejects.toMatchObject(refused);
    await expect(issueIssuing(profiles, authority.issuing, below)).rejects.toMatchObject(refused);
    await expect(issueWorkload(profiles, asAuthority, request)).rejects.toMatchObject(refused);
    await expect(issueIssuing(profiles, asAuthority, below)).rejects.toMatchObject(refused);
  });

  test('an authority that may not sign certificates signs none', async () => {
    const signer = memorySigner(generatePrivateKey());
    const silent = { ...profiles, root: { ...profiles.root, keyUsage: ['cRLSign'] as const } };
    const { pem } = await issueRoot(silent, { signer, name: 'test', now });
    const below = { issuing: memorySigner(generatePrivateKey()), name: 'test', now };
    await expect(issueIssuing(profiles, { signer, certificate: pem }, below)).rejects.toMatchObject({
      code: 'issuer-not-authority',
    });
  });

  test("a signer that does not hold the certificate's key issues nothing", async () => {
    const other = { ...authority.issuing, signer: memorySigner(generatePrivateKey()) };
    const request = { publicKey: spki(), spiffeId: ID, now };
    await expect(issueWorkload(profiles, other, request)).rejects.toMatchObject({ code: 'issuer-mismatch' });
  });

  test('a P-384 key signs with SHA-384', async () => {
    const signer = memorySigner(generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey);
    const { pem } = await issueRoot(profiles, { signer, name: 'test', now });
    const root = new X509Certificate(pem);
    expect(new ParsedCertificate(pem).signatureAlgorithm).toMatchObject({ hash: { name: 'SHA-384' } });
    expect(root.verify(root.publicKey)).toBe(true);
  });
});

describe('an edge leaf', () => {
  test('serves its hosts, and is nothing in the mesh', async () => {
    const key = generatePrivateKey();
    const hosts = ['orders.shop.example', 'localhost', '127.0.0.9'];
    const { pem } = await issueEdge(profiles, authority.issuing, { publicKey: spki(key), hosts, now });
    const parsed = new ParsedCertificate(pem);
    expect(new X509Certificate(pem).subjectAltName).toBe(
      'DNS:orders.shop.example, DNS:localhost, IP Address:127.0.0.9',
    );
    expect(parsed.getExtension(ExtendedKeyUsageExtension)?.usages).toEqual(['1.3.6.1.5.5.7.3.1']);
    const chain = pem + authority.issuing.certificate;
    const pkcs8 = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const asClient = await handshake(authority.root.certificate, chain, pkcs8, 'orders.shop.example');
    expect(asClient).not.toBe('accepted');
  });

  test.each(['', 'Orders.shop.example', 'a b', '*.shop.example', 'x..y', '-a.example', 'a'.repeat(64)])(
    'the host %j is refused',
    async (host) => {
      const request = { publicKey: spki(), hosts: [host], now };
      await expect(issueEdge(profiles, authority.issuing, request)).rejects.toMatchObject({
        code: 'malformed-host',
      });
    },
  );

  test('a leaf without a host is refused', async () => {
    const request = { publicKey: spki(), hosts: [], now };
    await expect(issueEdge(profiles, authority.issuing, request)).rejects.toMatchObject({
      code: 'malformed-host',
    });
  });
});

test.each([
  'https://local.dev.shop.example/ns/default/sa/orders',
  'spiffe://local.dev.shop.example',
  'spiffe://local.dev.shop.example/',
  'spiffe://Local.dev.shop.example/ns/default/sa/orders',
  'spiffe://local.dev.shop.example/ns//sa',
  'spiffe://local.dev.shop.example/ns/../sa/orders',
  'spiffe://local.dev.shop.example/ns/%6Frders',
  'spiffe://local.dev.shop.example:1/ns/x',
  'spiffe://user@local.dev.shop.example/ns/x',
  'spiffe://local.dev.shop.example/ns/x?y',
  `spiffe://local.dev.shop.example/${'a'.repeat(2048)}`,
  '',
])('%s is no SPIFFE ID of a workload', async (spiffeId) => {
  const request = { publicKey: spki(), spiffeId, now };
  await expect(issueWorkload(profiles, authority.issuing, request)).rejects.toMatchObject({
    code: 'malformed-spiffe-id',
  });
});

// The command is on nearly every machine; node:crypto and real handshakes judge the same chains above.
const openssl = spawnSync('openssl', ['version']).status === 0 ? test : test.skip;

openssl('openssl accepts the chain by the letter of the standard, for both purposes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  try {
    const key = generatePrivateKey();
    const { pem } = await issueWorkload(profiles, authority.issuing, {
      csr: await certificateRequest(key),
      spiffeId: ID,
      now,
    });
    const put = (name: string, text: string) => {
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    };
    const root = put('root.pem', authority.root.certificate);
    const issuing = put('issuing.pem', authority.issuing.certificate);
    const leaf = put('leaf.pem', pem);
    const verify = (...options: string[]) =>
      spawnSync('openssl', ['verify', '-x509_strict', ...options], { encoding: 'utf8' });
    for (const purpose of ['sslserver', 'sslclient']) {
      const run = verify('-purpose', purpose, '-CAfile', root, '-untrusted', issuing, leaf);
      expect(run.stdout + run.stderr).toBe(`${leaf}: OK\n`);
    }
    expect(verify('-CAfile', root, leaf).status).not.toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
