import { createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import {
  certificateRequest,
  defaultRate,
  generatePrivateKey,
  identitiesOf,
  memoryLimit,
  registrationAuthority,
  requestedKey,
} from '../../lib/authority/index.js';
import {
  BasicConstraintsExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  X509Certificate as ParsedCertificate,
} from '../../lib/authority/x509.js';
import { issuersPlan } from '../support/issuers.js';
import { now, testAuthority, type TestAuthority } from './authority.js';

const plan = issuersPlan();
const ORDERS = 'services/orders/sidecar';

let authority: TestAuthority;
beforeAll(async () => {
  authority = await testAuthority();
});

const registration = () => registrationAuthority(plan, { issuing: authority.issuing });

/** A request that asks for everything that an attacker would like to have. */
async function greedyRequest(key: KeyObject): Promise<string> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=gateway',
    keys: {
      publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ['verify']),
      privateKey: key.toCryptoKey(algorithm, false, ['sign']),
    },
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [
      new BasicConstraintsExtension(true, 3, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      new SubjectAlternativeNameExtension([
        { type: 'url', value: plan.gateway.spiffeId },
        { type: 'dns', value: 'orders.shop.example' },
      ]),
    ],
  });
  return request.toString('pem');
}

describe('issuing', () => {
  test('every point of the plan gets its own identity, looked up by its key', async () => {
    expect([...identitiesOf(plan)]).toEqual([
      ['gateway', plan.gateway.spiffeId],
      ...Object.values(plan.services).map(({ sidecar }) => [sidecar.key, sidecar.spiffeId]),
    ]);
    for (const [point, spiffeId] of identitiesOf(plan)) {
      const key = generatePrivateKey();
      const issued = await registration().issue(point, await certificateRequest(key), now);
      const leaf = new X509Certificate(issued.pem);
      expect(issued).toMatchObject({ point, spiffeId, chain: issued.pem + authority.issuing.certificate });
      expect(leaf.subjectAltName).toBe(`URI:${spiffeId}`);
      expect(leaf.checkPrivateKey(key)).toBe(true);
      expect(leaf.verify(new X509Certificate(authority.issuing.certificate).publicKey)).toBe(true);
    }
  });

  test('a request that asks for names, usages and more than its key gets nothing but its key', async () => {
    const issued = await registration().issue(ORDERS, await greedyRequest(generatePrivateKey()), now);
    const parsed = new ParsedCertificate(issued.pem);
    expect(new X509Certificate(issued.pem).subjectAltName).toBe(
      `URI:${plan.services['orders']!.sidecar.spiffeId}`,
    );
    expect(parsed.subject).toBe('');
    expect(parsed.getExtension(BasicConstraintsExtension)?.ca).toBe(false);
    expect(parsed.getExtension(KeyUsagesExtension)?.usages).toBe(KeyUsageFlags.digitalSignature);
  });

  test.each([
    'services/unknown/sidecar',
    'services/orders',
    'orders',
    '',
    '__proto__',
    'constructor',
    `${ORDERS}/`,
    'services/orders/../payments/sidecar',
    plan.gateway.spiffeId,
  ])('%j is no point of the plan', async (point) => {
    const csr = await certificateRequest(generatePrivateKey());
    await expect(registration().issue(point, csr, now)).rejects.toMatchObject({ code: 'unknown-point' });
  });

  test('an expired issuer issues nothing', async () => {
    const late = new Date(now.getTime() + plan.certificates.issuing.lifetimeSeconds * 1000);
    const csr = await certificateRequest(generatePrivateKey());
    await expect(registration().issue(ORDERS, csr, late)).rejects.toMatchObject({ code: 'issuer-not-valid' });
  });
});

describe('requests', () => {
  const pem = (der: Uint8Array) =>
    `-----BEGIN CERTIFICATE REQUEST-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE REQUEST-----\n`;
  const derOf = (text: string) => Buffer.from(text.replaceAll(/-----.*-----/g, ''), 'base64');

  test('PEM and DER mean the same', async () => {
    const csr = await certificateRequest(generatePrivateKey());
    const der = derOf(csr);
    expect(await requestedKey(der)).toEqual(await requestedKey(csr));
  });

  test('no bit of what is signed can be changed', async () => {
    const der = derOf(await certificateRequest(generatePrivateKey()));
    // The outer header has three bytes; then comes the signed part, with its length in its second byte.
    const end = 3 + 2 + (der[4] ?? 0);
    expect(der.length - end).toBeGreaterThan(80);
    for (let index = 3; index < end; index += 1) {
      const tampered = Buffer.from(der);
      tampered[index] = (tampered[index] ?? 0) ^ (1 << (index % 8));
      await expect(requestedKey(tampered)).rejects.toMatchObject({
        code: expect.stringMatching(/^(malformed-request|unproven-request|weak-key)$/) as string,
      });
    }
  });

  test("a request with another's key is refused", async () => {
    const [own, other] = [generatePrivateKey(), generatePrivateKey()];
    const spki = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'der' });
    const der = derOf(await certificateRequest(own));
    const at = der.indexOf(spki(own));
    const stolen = Buffer.concat([der.subarray(0, at), spki(other), der.subarray(at + spki(own).length)]);
    await expect(requestedKey(stolen)).rejects.toMatchObject({ code: 'unproven-request' });
  });

  test.each([
    ['RSA with 2048 bits', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['RSA with 1024 bits', () => generateKeyPairSync('rsa', { modulusLength: 1024 })],
    ['P-521', () => generateKeyPairSync('ec', { namedCurve: 'P-521' })],
    ['secp256k1', () => generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    ['Ed25519', () => generateKeyPairSync('ed25519')],
  ])('a key that is %s is refused', async (_name, generate) => {
    const { publicKey } = generate();
    const own = generatePrivateKey();
    const der = derOf(await certificateRequest(own));
    const old = createPublicKey(own).export({ type: 'spki', format: 'der' });
    const info = der.subarray(der.indexOf(old) + old.length);
    const content = Buffer.concat([
      Buffer.from([2, 1, 0, 0x30, 0]),
      publicKey.export({ type: 'spki', format: 'der' }),
      info.subarray(0, 2),
    ]);
    const request = sequence(Buffer.concat([sequence(content), info.subarray(2)]));
    await expect(requestedKey(request)).rejects.toMatchObject({ code: 'weak-key' });
  });

  test.each([
    ['nothing', ''],
    ['no PEM', 'hello'],
    ['another PEM', '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'],
    ['an empty sequence', pem(Uint8Array.of(0x30, 0))],
    ['a long request', pem(new Uint8Array(10_000))],
  ])('%s is refused', async (_name, text) => {
    await expect(requestedKey(text)).rejects.toMatchObject({ code: 'malformed-request' });
  });

  test('two requests in one text are refused', async () => {
    const csr = await certificateRequest(generatePrivateKey());
    await expect(requestedKey(csr + csr)).rejects.toMatchObject({ code: 'malformed-request' });
  });

  test('a key in another encoding is certified in one', async () => {
    const own = generatePrivateKey();
    const { spki } = await requestedKey(await certificateRequest(own));
    expect(Buffer.from(spki)).toEqual(createPublicKey(own).export({ type: 'spki', format: 'der' }));
  });
});

describe('the rate', () => {
  test('holds each identity by itself', async () => {
    const limit = memoryLimit({ burst: 2, secondsPerRequest: 10 });
    const limited = registrationAuthority(plan, { issuing: authority.issuing, limit });
    const csr = await certificateRequest(generatePrivateKey());
    const at = (seconds: number) => new Date(now.getTime() + seconds * 1000);
    await limited.issue(ORDERS, csr, at(0));
    await limited.issue(ORDERS, csr, at(0));
    await expect(limited.issue(ORDERS, csr, at(0))).rejects.toMatchObject({
      code: 'issuance-rate',
      message: expect.stringContaining('in 10 s') as string,
    });
    await expect(limited.issue(ORDERS, csr, at(9))).rejects.toMatchObject({ code: 'issuance-rate' });
    await limited.issue('gateway', csr, at(9));
    await limited.issue(ORDERS, csr, at(10));
    await expect(limited.issue(ORDERS, csr, at(10))).rejects.toMatchObject({ code: 'issuance-rate' });
  });

  test('counts a refused request as well', async () => {
    const limit = memoryLimit({ burst: 1, secondsPerRequest: 10 });
    const limited = registrationAuthority(plan, { issuing: authority.issuing, limit });
    await expect(limited.issue(ORDERS, 'x', now)).rejects.toMatchObject({ code: 'malformed-request' });
    await expect(limited.issue(ORDERS, 'x', now)).rejects.toMatchObject({ code: 'issuance-rate' });
  });

  test('never saves up more than the burst, and a clock set back gives nothing', async () => {
    const limit = memoryLimit({ burst: 1, secondsPerRequest: 10 });
    const at = (seconds: number) => limit.take('x', new Date(seconds * 1000));
    expect(await at(1000)).toBe(0);
    expect(await at(9000)).toBe(0);
    expect(await at(9000)).toBe(10);
    expect(await at(5000)).toBe(10);
    expect(await at(5005)).toBe(5);
  });

  test('by default leaves eight times what renewal takes', () => {
    const { burst, secondsPerRequest } = defaultRate(plan);
    expect(burst).toBe(10);
    expect(secondsPerRequest).toBe(plan.certificates.workload.lifetimeSeconds / 2 / 8);
  });
});

function sequence(content: Buffer): Buffer {
  const { length } = content;
  const header = length < 128 ? [0x30, length] : [0x30, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(header), content]);
}
