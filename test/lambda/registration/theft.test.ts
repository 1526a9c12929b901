import { SignatureV4 } from '@smithy/signature-v4';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { generatePrivateKey, issueIssuing } from '../../../lib/authority/index.js';
import { attest } from '../../../lambda/registration/attest.js';
import { keyHash } from '../../../lambda/registration/key-hash.js';
import {
  ATTESTATION_SECONDS,
  ATTESTED_BODY,
  ATTESTED_CONTENT_TYPE,
  KEY_HEADER,
  PLATFORM_HEADER,
  type RegistrationRequest,
} from '../../../lambda/registration/protocol.js';
import { Sha256 } from '../../../lambda/registration/sha256.js';
import { stsHost } from '../../../lambda/registration/hosts.js';
import { testAuthority } from '../../authority/authority.js';
import { ORDERS, plan, PLATFORM, REGION, session, spiffeIdOf, withHeader, World } from './world.js';

const orders = session('orders');
const stranger = session('stranger');
const payments = session('payments');
const foreign = session('foreign', { account: '999999999999' });

let world: World;
beforeEach(async () => {
  world = await World.start(orders, stranger, payments, foreign);
  world.join(orders, ORDERS);
  world.join(foreign, ORDERS);
});
afterEach(() => world.sts.stop());

const spki = (key: ReturnType<typeof generatePrivateKey>) =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });

/** A request that the thief signs by hand, with whatever headers; STS accepts it. */
async function signed(
  headers: Readonly<Record<string, string>>,
  options: {
    readonly unsigned?: readonly string[];
    readonly region?: string;
    readonly service?: string;
  } = {},
): Promise<RegistrationRequest> {
  const { unsigned = [], region = REGION, service = 'sts' } = options;
  const key = generatePrivateKey();
  const { csr } = await world.request(orders, key);
  const signer = new SignatureV4({
    service,
    region,
    credentials: orders.credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const host = stsHost(REGION);
  const request = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: host,
      path: '/',
      headers: {
        host,
        'content-type': ATTESTED_CONTENT_TYPE,
        [KEY_HEADER]: keyHash(spki(key)),
        [PLATFORM_HEADER]: PLATFORM,
        ...headers,
      },
      body: ATTESTED_BODY,
    },
    { signingDate: world.now, unsignableHeaders: new Set(unsigned) },
  );
  const attestation = { method: 'POST', path: '/', body: ATTESTED_BODY, headers: request.headers };
  return { csr, attestation } as unknown as RegistrationRequest;
}

test('the role of a service gets the identity of that service, whatever it asks for', async () => {
  const answer = await world.ask(await world.request(orders));
  expect(answer.kind).toBe('issued');
  const { certificates, roots, notAfter } = answer as Extract<typeof answer, { kind: 'issued' }>;
  const leaf = new X509Certificate(certificates);
  expect(leaf.subjectAltName).toBe(`URI:${spiffeIdOf(ORDERS)}`);
  expect(roots).toBe(world.authority.root.certificate);
  expect(new Date(notAfter)).toEqual(leaf.validToDate);
  expect(world.log).toMatchObject([{ event: 'issued', point: ORDERS, roleId: orders.roleId }]);
  // The line names the task and the key, and holds nothing that could be used again.
  expect(JSON.stringify(world.log)).not.toContain(orders.credentials.sessionToken);
});

test('what is asked of STS is built anew: one method, path and body, each header once', async () => {
  await world.ask(await world.request(orders));
  const [asked] = world.sts.asked;
  expect(asked).toMatchObject({ method: 'POST', url: '/', body: ATTESTED_BODY });
  const names = asked!.rawHeaders.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  expect(new Set(names).size).toBe(names.length);
});

test('a hand-made request passes if it is as it should be: the refusals below are for what they change', async () => {
  expect((await world.ask(await signed({}))).kind).toBe('issued');
});

const refused = (name: string, code: string, request: () => unknown) =>
  test(`refused: ${name}`, async () => {
    expect(await world.refused(await request())).toBe(code);
    expect(world.log.at(-1)).toMatchObject({ event: 'refused', code });
  });

describe('who signs', () => {
  refused('a role without an identity', 'unknown-identity', () => world.request(stranger));
  refused('a role of another account, even with a record', 'unknown-identity', () => world.request(foreign));
  refused('a role with two identities', 'unknown-identity', () => {
    world.join(payments, ORDERS);
    world.join(payments, 'services/payments/sidecar');
    return world.request(payments);
  });
  refused('a role with the name of another that was deleted', 'unknown-identity', () => {
    world.records.clear();
    world.join({ ...orders, roleId: 'AROAOLDOLDOLDOLDOLD1' }, ORDERS);
    return world.request(orders);
  });
  refused('a point that the plan does not have', 'unknown-identity', () => {
    world.join(payments, 'services/gone/sidecar');
    return world.request(payments);
  });
  refused('a wrong secret', 'unproven-caller', () =>
    world.request({ ...orders, credentials: { ...orders.credentials, secretAccessKey: 'guessed' } }),
  );
  refused("another session's token", 'unproven-caller', async () =>
    withHeader(await world.request(orders), 'x-amz-security-token', () => payments.credentials.sessionToken),
  );
});

describe('what was signed', () => {
  refused('for another platform', 'wrong-attestation', () =>
    world.request(orders, undefined, { platform: 'aws.prod.other.example' }),
  );
  refused('for another region', 'wrong-attestation', () =>
    world.request(orders, undefined, { region: 'us-east-1' }),
  );
  refused('a scope of another region', 'wrong-attestation', () => signed({}, { region: 'us-east-1' }));
  refused('a scope of another service', 'wrong-attestation', () => signed({}, { service: 'iam' }));
  refused("another key's hash", 'wrong-attestation', async () => {
    const { csr } = await world.request(orders);
    return { ...(await world.request(orders)), csr };
  });
  for (const header of [KEY_HEADER, PLATFORM_HEADER, 'host', 'content-type']) {
    refused(`${header} that the signature does not cover`, 'wrong-attestation', () =>
      signed({}, { unsigned: [header] }),
    );
  }
  refused('a claim put into a signed request afterwards', 'unproven-caller', async () => {
    const key = generatePrivateKey();
    const mine = await world.request(orders, key);
    const other = await attest({
      credentials: orders.credentials,
      region: REGION,
      platform: 'aws.prod.other.example',
      publicKey: spki(key),
      now: world.now,
    });
    return { ...mine, attestation: { ...other, headers: { ...other.headers, [PLATFORM_HEADER]: PLATFORM } } };
  });
  refused('another host', 'wrong-attestation', () => signed({ host: 'sts.attacker.example' }));
  refused('no signature', 'wrong-attestation', async () =>
    withHeader(await world.request(orders), 'authorization', () => 'AWS4-HMAC-SHA256'),
  );
  refused('a signed header named twice', 'wrong-attestation', async () =>
    withHeader(await world.request(orders), 'authorization', (value) => value.replace('host;', 'host;host;')),
  );
  refused('a signature of another length', 'wrong-attestation', async () =>
    withHeader(await world.request(orders), 'authorization', (value) => `${value}00`),
  );
});

describe('when it was signed', () => {
  refused('the same attestation again', 'replayed-attestation', async () => {
    const request = await world.request(orders);
    expect((await world.ask(request)).kind).toBe('issued');
    return request;
  });
  refused('too long ago', 'stale-attestation', async () => {
    const request = await world.request(orders);
    world.now = new Date(world.now.getTime() + (ATTESTATION_SECONDS + 1) * 1000);
    return request;
  });
  refused('in the future', 'stale-attestation', async () => {
    const request = await world.request(orders);
    world.now = new Date(world.now.getTime() - 31_000);
    return request;
  });
  refused('too often', 'issuance-rate', async () => {
    world.perTask = 2;
    for (let count = 0; count < 2; count += 1) await world.ask(await world.request(orders));
    return world.request(orders);
  });
});

describe('the form of a request', () => {
  const malformed = (name: string, change: (request: RegistrationRequest) => unknown) =>
    refused(name, 'malformed-request', async () => change(await world.request(orders)));
  const attestation = (more: object) => (request: RegistrationRequest) => ({
    ...request,
    attestation: { ...request.attestation, ...more },
  });
  malformed('nothing', () => undefined);
  malformed('a name more', (request) => ({ ...request, spiffeId: spiffeIdOf('gateway') }));
  malformed('a host to ask', attestation({ host: 'sts.attacker.example' }));
  malformed('another method', attestation({ method: 'GET' }));
  malformed('another path', attestation({ path: '/?Action=GetCallerIdentity' }));
  malformed('another action', attestation({ body: 'Action=GetSessionToken&Version=2011-06-15' }));
  malformed('a header more', (request) => withHeader(request, 'accept', () => 'application/json'));
  malformed('a header in two cases', (request) => withHeader(request, 'Host', () => stsHost(REGION)));
  malformed('a header less', (request) => withHeader(request, KEY_HEADER, () => undefined));
  malformed('a header with a line end', (request) =>
    withHeader(request, 'host', (host) => `${host}\r\nx: y`),
  );
  malformed('a header that is a list', attestation({ headers: { host: ['a', 'b'] } }));
  malformed('an endless header', (request) => withHeader(request, 'host', () => 'a'.repeat(8193)));
  malformed('an endless CSR', (request) => ({ ...request, csr: 'a'.repeat(4097) }));
});

describe('the key', () => {
  refused('no CSR', 'refused-key', async () => ({ ...(await world.request(orders)), csr: 'CSR' }));
  refused('a CSR that another key signed', 'refused-key', async () => {
    const request = await world.request(orders);
    const lines = request.csr.split('\n');
    const other = (await world.request(orders)).csr.split('\n');
    // The last line of base64 has the end of the signature.
    return { ...request, csr: [...lines.slice(0, -2), ...other.slice(-2)].join('\n') };
  });
});

describe('a bundle that somebody else wrote', () => {
  const from = (root: string, issuing: string) => ({ root, issuing, activeFrom: new Date(0).toISOString() });

  refused('with a root of his own', 'authority-unavailable', async () => {
    const evil = await testAuthority();
    world.appended.push(from(evil.root.certificate, evil.issuing.certificate));
    return world.request(orders);
  });
  test('with a root of his own that signs later: nobody is told of it', async () => {
    const evil = await testAuthority();
    const later = {
      ...from(evil.root.certificate, evil.issuing.certificate),
      activeFrom: '2099-01-01T00:00:00Z',
    };
    world.appended.push(later);
    expect(await world.ask(await world.request(orders))).toMatchObject({
      kind: 'issued',
      roots: world.authority.root.certificate,
    });
  });
  refused('with an issuing certificate of his own below our root', 'authority-unavailable', async () => {
    const evil = await testAuthority();
    world.appended.push(from(world.authority.root.certificate, evil.issuing.certificate));
    return world.request(orders);
  });
  refused("with our root's key in a certificate of his own", 'authority-unavailable', async () => {
    const evil = await testAuthority();
    const { pem } = await issueIssuing(plan.certificates, evil.root, {
      issuing: world.authority.root.signer,
      name: 'test',
      now: world.now,
    });
    world.appended.push(from(pem, world.authority.issuing.certificate));
    return world.request(orders);
  });
});
