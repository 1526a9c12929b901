import { X509Certificate } from 'node:crypto';
import { generatePrivateKey, memorySigner, type Signer } from '../../../lib/authority/index.js';
import { certificateRequest, requestedKey } from '../../../lib/authority/request.js';
import { signerIssuer } from '../../../lambda/registration/issuer.js';
import { updateBundle } from '../../../lambda/root/root.js';
import { profiles } from '../../authority/authority.js';

const platform = 'aws.prod.shop.example';
const spiffeId = `spiffe://${platform}/ns/default/sa/orders`;
const start = new Date('2027-01-01T00:00:00Z');
const later = new Date(start.getTime() + 60_000);

/** The bucket, and the functions that a deployment made of these keys. */
let text: string | undefined;

function deployed(rootKeys: readonly Signer[], issuing: Signer) {
  const keys = () => Promise.all(rootKeys.map((signer) => signer.publicKey()));
  return {
    root: (now: Date) =>
      updateBundle(
        {
          platform,
          profiles,
          root: rootKeys.at(-1)!,
          issuing,
          rootKeys: keys,
          store: { read: async () => text, write: async (next) => void (text = next) },
          log: () => {},
        },
        now,
      ),
    registration: signerIssuer({
      platform,
      profiles,
      signer: issuing,
      rootKeys: keys,
      store: { bundle: async () => text!, checkLimits: async () => {}, record: async () => {} },
    }),
  };
}

/** A leaf, verified as a peer would that trusts the roots of the answer; its chain, and how many roots there are. */
async function issued({ registration }: ReturnType<typeof deployed>, now: Date) {
  const csr = await certificateRequest(generatePrivateKey());
  const { spki } = await requestedKey(csr);
  const wanted = { csr, publicKey: spki, spiffeId, point: 'services/orders/sidecar' };
  const { certificates, roots } = await registration.issue(wanted, now);
  const [leaf, issuer] = split(certificates);
  const trusted = split(roots);
  expect(leaf!.verify(issuer!.publicKey)).toBe(true);
  expect(trusted.some((root) => issuer!.verify(root.publicKey))).toBe(true);
  return { issuer: issuer!.fingerprint256, roots: trusted.length };
}

function split(pem: string): X509Certificate[] {
  return pem
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((part) => part.includes('BEGIN'))
    .map((part) => new X509Certificate(part));
}

const [root, newRoot, issuing, newIssuing] = Array.from({ length: 4 }, () =>
  memorySigner(generatePrivateKey()),
) as [Signer, Signer, Signer, Signer];
const before = deployed([root], issuing);
beforeEach(async () => {
  text = undefined;
  await before.root(start);
});

/** A deployment writes the bundle first, and the function that issues goes live some moments afterwards. */
test('while a deployment brings a new root, the function of before goes on issuing, by the root that it knows', async () => {
  const first = await issued(before, start);
  const after = deployed([root, newRoot], issuing);
  await after.root(later);
  expect(await issued(before, later)).toEqual(first);
  expect(await issued(after, later)).toEqual({ ...first, roots: 2 });
});

test('while a deployment brings a new issuing key, each function issues by the certificate of its own', async () => {
  const first = await issued(before, start);
  const after = deployed([root], newIssuing);
  await after.root(later);
  expect(await issued(before, later)).toEqual(first);
  const { issuer, roots } = await issued(after, later);
  expect(issuer).not.toBe(first.issuer);
  expect(roots).toBe(1);
});

test('a deployment that is rolled back leaves issuing as it was', async () => {
  const first = await issued(before, start);
  await deployed([root, newRoot], issuing).root(later);
  await before.root(later);
  expect(await issued(before, later)).toEqual(first);
});
