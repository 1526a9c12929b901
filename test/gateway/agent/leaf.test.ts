import { createPublicKey } from 'node:crypto';
import { checkedLeaf } from '../../../gateway/agent/leaf.js';
import { type CertificateContent, signCertificate } from '../../../lib/authority/certificate.js';
import { generatePrivateKey } from '../../../lib/authority/index.js';
import { certifiedKey } from '../../../lib/authority/public-key.js';
import { X509Certificate } from '../../../lib/authority/x509.js';
import type { CertificateProfile } from '../../../lib/plan/plan.js';
import { now, profiles, testAuthority, type TestAuthority } from '../../authority/authority.js';

const spiffeId = 'spiffe://aws.prod.shop.example/ns/default/sa/orders';
const point = 'services/orders/sidecar';
const key = generatePrivateKey();
const publicKey = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

let authority: TestAuthority;
beforeAll(async () => {
  authority = await testAuthority();
});

/** Take an answer whose leaf is right but for what is given. */
async function taken(more: Partial<CertificateContent> = {}, profile: Partial<CertificateProfile> = {}) {
  const { issuing, root } = authority;
  const content: CertificateContent = {
    profile: { ...profiles.workload, ...profile },
    key: certifiedKey(publicKey),
    names: [{ type: 'url', value: spiffeId }],
    issuer: new X509Certificate(issuing.certificate),
    ...more,
  };
  const { pem, notAfter } = await signCertificate(content, issuing.signer, now);
  const certificates = pem + issuing.certificate;
  const answer = {
    kind: 'issued',
    certificates,
    notAfter: notAfter.toISOString(),
    roots: root.certificate,
  } as const;
  return checkedLeaf(answer, key, { spiffeId, point }, now);
}

test('a leaf as the authority makes it is taken, also with the subject that AWS Private CA gives it', async () => {
  expect((await taken()).expiresAt).toBeGreaterThan(now.getTime());
  expect((await taken({ commonName: point })).expiresAt).toBeGreaterThan(now.getTime());
});

test.each<[what: string, more: Partial<CertificateContent>, profile?: Partial<CertificateProfile>]>([
  ['for servers alone', {}, { extendedKeyUsage: ['serverAuth'] }],
  ['for clients alone', {}, { extendedKeyUsage: ['clientAuth'] }],
  ['for every use', {}, { extendedKeyUsage: [] }],
  ['with the subject of another point', { commonName: 'services/payments/sidecar' }],
  ['with a subject that only begins alike', { commonName: `${point}-2` }],
  ['with another name', { names: [{ type: 'url', value: `${spiffeId}-2` }] }],
  [
    'with a second name',
    {
      names: [
        { type: 'url', value: spiffeId },
        { type: 'dns', value: 'x.example' },
      ],
    },
  ],
  ['that is an authority', { pathLength: 0 }, { keyUsage: ['keyCertSign'] }],
])('a leaf %s is not', async (_what, more, profile = {}) => {
  await expect(taken(more, profile)).rejects.toMatchObject({ code: 'unusable-certificate' });
});
