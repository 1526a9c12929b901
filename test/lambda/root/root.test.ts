import { X509Certificate } from 'node:crypto';
import { generatePrivateKey, memorySigner, type Signer } from '../../../lib/authority/index.js';
import {
  parseTrustBundle,
  signingGeneration,
  type TrustBundle,
  trustedRoots,
} from '../../../lib/authority/trust-bundle.js';
import { answer } from '../../../lambda/root/answer.js';
import { parseEvent } from '../../../lambda/root/event.js';
import { updateBundle } from '../../../lambda/root/root.js';
import { LEAF_LIFETIME, profiles } from '../../authority/authority.js';

const PLATFORM = 'aws.prod.shop.example';
const DAY = 86_400;
const start = new Date('2027-01-01T00:00:00Z');
const at = (seconds: number) => new Date(start.getTime() + seconds * 1000);

/** A deployment of the root function: keys may change, the bucket stays. */
class Deployment {
  text: string | undefined;
  root: Signer = memorySigner(generatePrivateKey());
  issuing: Signer = memorySigner(generatePrivateKey());
  readonly roots = new Set<Signer>();
  readonly signatures: string[] = [];

  /** What was deployed before is deployed again: keys of it that are newer are not known to it. */
  rollBack(root: Signer, issuing: Signer): void {
    this.roots.delete(this.root);
    this.root = root;
    this.issuing = issuing;
  }

  run(now: Date): Promise<TrustBundle> {
    this.roots.add(this.root);
    return updateBundle(
      {
        platform: PLATFORM,
        profiles,
        root: this.root,
        issuing: this.issuing,
        rootKeys: () => Promise.all([...this.roots].map((signer) => signer.publicKey())),
        store: { read: async () => this.text, write: async (text) => void (this.text = text) },
        log: (line) => this.signatures.push(String(line['kind'])),
      },
      now,
    );
  }
}

const roots = (bundle: TrustBundle, now: Date) =>
  trustedRoots(bundle, LEAF_LIFETIME, now).split('-----BEGIN').length - 1;
/** The root above the certificate by which whoever has this issuing key signs. */
const signedBy = (bundle: TrustBundle, now: Date, key: Uint8Array) =>
  signingGeneration(bundle, now, key).root;

test('the first deployment makes a root and one issuing certificate of the deployed keys', async () => {
  const deployment = new Deployment();
  const bundle = await deployment.run(start);
  expect(deployment.signatures).toEqual(['root', 'issuing']);
  const [generation] = bundle.generations;
  const [root, issuing] = [new X509Certificate(generation!.root), new X509Certificate(generation!.issuing)];
  expect(issuing.checkIssued(root) && issuing.verify(root.publicKey)).toBe(true);
  expect(issuing.publicKey.export({ type: 'spki', format: 'der' })).toEqual(
    Buffer.from(await deployment.issuing.publicKey()),
  );
  expect(parseTrustBundle(deployment.text!, PLATFORM)).toEqual(bundle);
});

test('asking again signs nothing, so a forged event gains nothing', async () => {
  const deployment = new Deployment();
  const first = await deployment.run(start);
  expect(await deployment.run(at(100 * DAY))).toEqual(first);
  expect(deployment.signatures).toHaveLength(2);
});

test('an issuing certificate in the second half of its year is renewed, below the same root, and signs at once', async () => {
  const deployment = new Deployment();
  const first = await deployment.run(start);
  const renewed = await deployment.run(at(200 * DAY));
  expect(deployment.signatures).toEqual(['root', 'issuing', 'issuing']);
  const key = await deployment.issuing.publicKey();
  expect(signedBy(renewed, at(200 * DAY), key)).toBe(first.generations[0]!.root);
  expect(signingGeneration(renewed, at(200 * DAY), key).issuing).not.toBe(first.generations[0]!.issuing);
  expect(roots(renewed, at(200 * DAY))).toBe(1);
});

describe('a new root', () => {
  let deployment: Deployment;
  let old: string;
  let before: TrustBundle;
  let oldRoot: Signer;
  let changed: TrustBundle;
  let key: Uint8Array;
  /** A deployment brings the new root to those who hand roots out. */
  const DEPLOYED = 3600;
  beforeEach(async () => {
    deployment = new Deployment();
    before = await deployment.run(start);
    old = before.generations[0]!.root;
    oldRoot = deployment.root;
    key = await deployment.issuing.publicKey();
    deployment.root = memorySigner(generatePrivateKey());
    changed = await deployment.run(at(DAY));
  });

  test('is trusted at once beside the old one, and signs only after a deployment and one life of a leaf', () => {
    const takesOver = DAY + DEPLOYED + LEAF_LIFETIME + 30;
    expect(roots(changed, at(DAY))).toBe(2);
    expect(signedBy(changed, at(takesOver - 1), key)).toBe(old);
    expect(signedBy(changed, at(takesOver + 1), key)).not.toBe(old);
  });

  test('leaves the old one trusted until its last leaf has ended', () => {
    const takesOver = DAY + DEPLOYED + LEAF_LIFETIME + 30;
    expect(roots(changed, at(takesOver + LEAF_LIFETIME))).toBe(2);
    expect(roots(changed, at(takesOver + LEAF_LIFETIME + 31))).toBe(1);
  });

  test('is gone again if the deployment is rolled back before it signs, and may come once more', async () => {
    const newRoot = deployment.root;
    deployment.rollBack(oldRoot, deployment.issuing);
    expect(await deployment.run(at(DAY + 60))).toEqual(before);
    expect(parseTrustBundle(deployment.text!, PLATFORM)).toEqual(before);
    deployment.root = newRoot;
    expect(roots(await deployment.run(at(2 * DAY)), at(2 * DAY))).toBe(2);
  });

  test('that signs already cannot be taken back', async () => {
    deployment.rollBack(oldRoot, deployment.issuing);
    const later = at(DAY + DEPLOYED + LEAF_LIFETIME + 31);
    await expect(deployment.run(later)).rejects.toThrow(/no root key of this deployment/);
  });

  test('cannot be changed again while it is introduced', async () => {
    deployment.root = memorySigner(generatePrivateKey());
    await expect(deployment.run(at(DAY + 60))).rejects.toMatchObject({ code: 'rotation-in-progress' });
    expect(parseTrustBundle(deployment.text!, PLATFORM)).toEqual(changed);
  });

  test('is not changed together with the issuing key: nobody could sign in between', async () => {
    const other = new Deployment();
    await other.run(start);
    other.root = memorySigner(generatePrivateKey());
    other.issuing = memorySigner(generatePrivateKey());
    await expect(other.run(at(DAY))).rejects.toMatchObject({ code: 'one-change-at-a-time' });
  });
});

test('a bundle that trusts a key of nobody we know is not built upon', async () => {
  const deployment = new Deployment();
  const bundle = await deployment.run(start);
  const [evil] = (await new Deployment().run(start)).generations;
  deployment.text = JSON.stringify({ ...bundle, generations: [evil, ...bundle.generations] });
  await expect(deployment.run(at(200 * DAY))).rejects.toThrow(/no root key of this deployment/);
});

test('a bundle of another platform, or none at all, is not built upon', async () => {
  const deployment = new Deployment();
  const bundle = await deployment.run(start);
  for (const text of [JSON.stringify({ ...bundle, platform: 'aws.prod.other.example' }), '', '{}']) {
    deployment.text = text;
    await expect(deployment.run(start)).rejects.toMatchObject({ code: 'malformed-bundle' });
    expect(deployment.text).toBe(text);
  }
});

describe("CloudFormation's event", () => {
  const url = 'https://cloudformation-custom-resource-response-euwest1.s3-eu-west-1.amazonaws.com/x?y=z';
  const event = {
    RequestType: 'Create',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Bundle',
    ResponseURL: url,
  };

  test('gives nothing that is signed: a key, a subject or a lifetime in it is not read', () => {
    const ResourceProperties = { IssuingKey: 'arn:aws:kms:eu-west-1:1:key/other', Subject: 'x', Lifetime: 1 };
    expect(parseEvent({ ...event, ResourceProperties })).toEqual(parseEvent(event));
    expect(JSON.stringify(parseEvent({ ...event, ResourceProperties }))).not.toContain('other');
  });

  test.each([
    'https://attacker.example/x',
    'http://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com/x',
    'https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com.attacker.example/x',
    'https://attacker.s3.amazonaws.com/x',
    'https://cloudformation-custom-resource-response-euwest1.s3.amazonaws.com:8443/x',
  ])('is answered nowhere but to CloudFormation: not to %s', (ResponseURL) => {
    expect(() => parseEvent({ ...event, ResponseURL })).toThrow('is not where CloudFormation takes answers');
  });

  test.each([undefined, {}, { ...event, RequestType: 'Sign' }, { ...event, ResponseURL: 'x' }])(
    'of another form is refused: %j',
    (other) => {
      expect(() => parseEvent(other)).toThrow();
    },
  );

  test('is not answered through a redirect', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:9/' }).end();
    }).listen(0, '127.0.0.1');
    await new Promise((done) => server.once('listening', done));
    const { port } = server.address() as { port: number };
    const asked = parseEvent({ ...event, ResponseURL: `http://127.0.0.1:${port}/` }, 'http://127.0.0.1');
    try {
      await expect(answer(asked, 'trust-bundle', { status: 'SUCCESS', data: {} })).rejects.toThrow();
    } finally {
      server.close();
    }
  });
});
