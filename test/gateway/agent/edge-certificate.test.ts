import { edgeCertificate } from '../../../gateway/agent/edge-certificate.js';
import { certificateProfiles } from '../../../lib/plan/certificates.js';
import { TestAuthority } from '../../engines/support/authority.js';

let certificate: string;
let key: string;
let other: string;
beforeAll(async () => {
  const authority = await TestAuthority.create(certificateProfiles(600), 'public');
  ({ certificate, key } = await authority.edge(['www.shop.example']));
  other = (await authority.edge(['www.shop.example'])).key;
});

test('a secret with a certificate, its chain and its key is taken', () => {
  const found = edgeCertificate(JSON.stringify({ certificate, privateKey: key }), new Date());
  expect(found).toMatchObject({ chain: certificate, key, serial: expect.stringMatching(/^[0-9A-F]+$/) });
});

test('anything else is not, and its text is in no error', () => {
  const later = new Date(Date.now() + 10 * 86_400_000);
  const secrets: [string, Date][] = [
    [JSON.stringify({ certificate, privateKey: other }), new Date()],
    [JSON.stringify({ certificate, privateKey: key }), later],
    [JSON.stringify({ certificate: '', privateKey: key }), new Date()],
    [JSON.stringify({ certificate }), new Date()],
    [certificate + key, new Date()],
    ['', new Date()],
  ];
  for (const [secret, now] of secrets) {
    const failure = (() => {
      try {
        return edgeCertificate(secret, now);
      } catch (error) {
        return error;
      }
    })();
    expect(failure).toMatchObject({ code: 'unusable-edge-certificate' });
    expect(String(failure)).not.toContain('PRIVATE');
  }
});
