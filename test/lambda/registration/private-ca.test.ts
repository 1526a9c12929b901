import { createPublicKey, X509Certificate } from 'node:crypto';
import {
  type ACMPCAClient,
  GetCertificateAuthorityCertificateCommand,
  GetCertificateCommand,
  IssueCertificateCommand,
  type IssueCertificateCommandInput,
  RequestInProgressException,
} from '@aws-sdk/client-acm-pca';
import {
  certificateRequest,
  generatePrivateKey,
  issueEdge,
  issueWorkload,
  memorySigner,
} from '../../../lib/authority/index.js';
import { type CertificateContent, signCertificate } from '../../../lib/authority/certificate.js';
import { certifiedKey } from '../../../lib/authority/public-key.js';
import { X509Certificate as ParsedCertificate } from '../../../lib/authority/x509.js';
import { privateCaIssuer } from '../../../lambda/registration/private-ca.js';
import type { CertificateProfile } from '../../../lib/plan/plan.js';
import { now, profiles, testAuthority, type TestAuthority } from '../../authority/authority.js';

const ARN = 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1';
const ID = 'spiffe://aws.prod.shop.example/ns/default/sa/orders';
const key = generatePrivateKey();
const publicKey = new Uint8Array(createPublicKey(key).export({ type: 'spki', format: 'der' }));

let authority: TestAuthority;
let csr: string;
beforeAll(async () => {
  authority = await testAuthority();
  csr = await certificateRequest(key);
});

/** AWS Private CA with a root that issues; it answers with whatever leaf the test makes. */
function service(leaf: () => Promise<string>, asked: IssueCertificateCommandInput[] = []) {
  let looks = 0;
  const send = async (command: unknown): Promise<unknown> => {
    if (command instanceof IssueCertificateCommand) {
      asked.push(command.input);
      return { CertificateArn: `${ARN}/certificate/1` };
    }
    if (command instanceof GetCertificateAuthorityCertificateCommand) {
      return { Certificate: authority.issuing.certificate.trim() };
    }
    expect(command).toBeInstanceOf(GetCertificateCommand);
    looks += 1;
    if (looks === 1) throw new RequestInProgressException({ message: 'wait', $metadata: {} });
    return { Certificate: await leaf() };
  };
  return { send } as unknown as ACMPCAClient;
}

const issue = (leaf: () => Promise<string>, asked?: IssueCertificateCommandInput[]) =>
  privateCaIssuer(service(leaf, asked), { arn: ARN, alsoTrusted: [], profile: profiles.workload }).issue(
    { csr, publicKey, spiffeId: ID, point: POINT },
    now,
  );
const POINT = 'services/orders/sidecar';
const workload = (spiffeId = ID, spki = publicKey) =>
  signed({ key: certifiedKey(spki), names: [{ type: 'url', value: spiffeId }] });

test('subject and names are always given, from the template that takes nothing else from the request', async () => {
  const asked: IssueCertificateCommandInput[] = [];
  const issued = await issue(workload, asked);
  expect(new X509Certificate(issued.certificates).subjectAltName).toBe(`URI:${ID}`);
  expect(asked).toMatchObject([
    {
      TemplateArn: 'arn:aws:acm-pca:::template/BlankEndEntityCertificate_APIPassthrough/V1',
      ApiPassthrough: {
        Subject: { CommonName: 'services/orders/sidecar' },
        Extensions: {
          SubjectAlternativeNames: [{ UniformResourceIdentifier: ID }],
          KeyUsage: { DigitalSignature: true },
        },
      },
      Validity: { Type: 'ABSOLUTE', Value: now.getTime() / 1000 + profiles.workload.lifetimeSeconds },
    },
  ]);
});

/** A leaf that is right but for what `more` says. */
async function signed(
  more: Partial<CertificateContent>,
  profile: Partial<CertificateProfile> = {},
): Promise<string> {
  const { signer, certificate } = authority.issuing;
  const content: CertificateContent = {
    profile: { ...profiles.workload, ...profile },
    key: certifiedKey(publicKey),
    names: [{ type: 'url', value: ID }],
    commonName: POINT,
    issuer: new ParsedCertificate(certificate),
    ...more,
  };
  return (await signCertificate(content, signer, now)).pem;
}
const signing: Partial<CertificateProfile> = { keyUsage: ['digitalSignature', 'keyCertSign'] };

describe('what comes back is checked: it is not handed out', () => {
  test.each<[string, () => Promise<string>]>([
    ['with another name', () => workload(`${ID}x`)],
    [
      'with another key',
      () =>
        workload(
          ID,
          new Uint8Array(createPublicKey(generatePrivateKey()).export({ type: 'spki', format: 'der' })),
        ),
    ],
    [
      'with a second name',
      async () =>
        (await issueEdge(profiles, authority.issuing, { publicKey, hosts: ['x.example'], now })).pem,
    ],
    [
      'of another authority',
      async () => {
        const { signer, certificate } = (await testAuthority()).issuing;
        const content = {
          profile: profiles.workload,
          key: certifiedKey(publicKey),
          names: [{ type: 'url' as const, value: ID }],
          commonName: POINT,
          issuer: new ParsedCertificate(certificate),
        };
        return (await signCertificate(content, signer, now)).pem;
      },
    ],
    ['that lives longer', () => signed({}, { lifetimeSeconds: 86_400 })],
    ['that is an authority', () => signed({ pathLength: 0 }, signing)],
    ['that may sign', () => signed({}, signing)],
    ['for servers alone', () => signed({}, { extendedKeyUsage: ['serverAuth'] })],
    ['for every use', () => signed({}, { extendedKeyUsage: [] })],
    ['with the subject of another point', () => signed({ commonName: 'services/payments/sidecar' })],
    [
      'without a subject',
      async () => (await issueWorkload(profiles, authority.issuing, { publicKey, spiffeId: ID, now })).pem,
    ],
  ])('%s', async (_name, leaf) => {
    await expect(issue(leaf)).rejects.toThrow('the issued leaf has another');
  });
});

test('a signer that hashes itself would be asked for the wrong thing: the key service gets a digest', async () => {
  const { kmsSigner } = await import('../../../lambda/registration/kms-signer.js');
  const inner = memorySigner(key);
  const sent: unknown[] = [];
  const kms = {
    send: async (command: { input: unknown }) =>
      sent.push(command.input) && { Signature: await inner.sign(new Uint8Array(1)) },
  };
  await kmsSigner(kms as never, 'key').sign(new Uint8Array(10_000));
  expect(sent).toMatchObject([{ MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256', KeyId: 'key' }]);
  expect((sent[0] as { Message: Uint8Array }).Message).toHaveLength(32);
});
