import { X509Certificate } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteParameterCommand,
  GetParametersByPathCommand,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { SignatureV4 } from '@smithy/signature-v4';
import { generatePrivateKey, identityRecords } from '../../../lib/authority/index.js';
import { registrationRequest, type TaskCredentials } from '../../../lambda/registration/attest.js';
import { BUNDLE_KEY } from '../../../lambda/registration/bundle-key.js';
import {
  type Attestation,
  PLATFORM_HEADER,
  type RegistrationRequest,
} from '../../../lambda/registration/protocol.js';
import { Sha256 } from '../../../lambda/registration/sha256.js';
import { meshPlan, TestMesh } from '../../gateway/support/mesh.js';
import { PYTHON_TOOLS_TIMEOUT } from '../../support/python-tools.js';
import { REGION } from '../../support/aws/ministack.js';
import { LocalAuthority } from './local-authority.js';
import { configurationOf, passesUnenforced, refusedByPolicies } from './local-rights.js';

const plan = meshPlan;
let local: LocalAuthority;
/** Agents with real Envoys, which know nothing but this AWS. */
let mesh: TestMesh;
/** Sessions of tasks of their own: what is issued is limited for each. */
const tasks: Record<string, TaskCredentials> = {};
let orders: TaskCredentials;
let payments: TaskCredentials;
let stranger: TaskCredentials;
/** A session of the registration function's role that Lambda did not make. */
let registrar: TaskCredentials;
/** A session of a role whose own policy allows everything. */
let administrator: TaskCredentials;

beforeAll(async () => {
  local = await LocalAuthority.deploy(plan);
  const roles = ['ordersRole', 'paymentsRole', 'strangerRole', 'RegistrationRole', 'AdministratorRole'];
  const sessions = await Promise.all(roles.map((role) => local.session(role)));
  [orders, payments, stranger, registrar, administrator] = sessions as [
    TaskCredentials,
    TaskCredentials,
    TaskCredentials,
    TaskCredentials,
    TaskCredentials,
  ];
  for (const service of ['orders', 'payments']) {
    tasks[service] = await local.session(`${service}Role`, `task-of-${service}`);
  }
  await local.enforce(true);
  mesh = await TestMesh.create(plan);
}, PYTHON_TOOLS_TIMEOUT);
afterAll(async () => {
  await mesh?.close();
  await local?.aws.stop();
});

const request = (credentials: TaskCredentials, platform = plan.trustDomain) =>
  registrationRequest(generatePrivateKey(), { credentials, region: REGION, platform });
const answerTo = async (asked: unknown, credentials = orders) => {
  const answer = await local.register(asked, credentials);
  return answer.kind === 'refused' ? answer.code : answer.kind;
};

/** The status with which the local STS answers an attestation. */
async function stsStatus({ headers, body }: Attestation): Promise<number> {
  const { host: _host, ...sent } = headers;
  const { request: ask } = await import('node:http');
  return new Promise((done, fail) => {
    const { port } = local.aws;
    const options = {
      host: 'localhost',
      port,
      method: 'POST',
      path: '/',
      headers: { ...sent, host: headers.host },
    };
    ask(options, (response) => done(response.resume().statusCode ?? 0))
      .once('error', fail)
      .end(body);
  });
}

/** The request with a signature that leaves the platform's id out, which is then anybody's to fill in. */
async function withUnsignedClaim(credentials: TaskCredentials): Promise<RegistrationRequest> {
  const { csr, attestation } = await request(credentials);
  const {
    'x-amz-date': _date,
    'x-amz-security-token': _token,
    authorization: _old,
    ...headers
  } = attestation.headers;
  const signer = new SignatureV4({
    service: 'sts',
    region: REGION,
    credentials,
    sha256: Sha256,
    applyChecksum: false,
  });
  const signed = await signer.sign(
    {
      method: 'POST',
      protocol: 'https:',
      hostname: headers.host,
      path: '/',
      headers,
      body: attestation.body,
    },
    { unsignableHeaders: new Set([PLATFORM_HEADER]) },
  );
  return { csr, attestation: { ...attestation, headers: signed.headers as Attestation['headers'] } };
}

test('each role gets its own SPIFFE ID, signed by a key of KMS below a root of KMS', async () => {
  for (const [service, credentials] of [
    ['orders', orders],
    ['payments', payments],
  ] as const) {
    const answer = await local.register(await request(credentials), credentials);
    expect(answer).toMatchObject({ kind: 'issued' });
    const { certificates, roots } = answer as Extract<typeof answer, { kind: 'issued' }>;
    const [leaf, issuing] = certificates
      .split(/(?<=-----END CERTIFICATE-----\n)/)
      .map((pem) => new X509Certificate(pem));
    expect(leaf!.subjectAltName).toBe(`URI:${plan.services[service]!.sidecar.spiffeId}`);
    expect(leaf!.verify(issuing!.publicKey)).toBe(true);
    expect(issuing!.verify(new X509Certificate(roots).publicKey)).toBe(true);
    const { Contents } = await new S3Client(local.client()).send(
      new ListObjectsV2Command({ Bucket: local.outputs['Bucket'], Prefix: `issued/services/${service}/` }),
    );
    expect(Contents).toHaveLength(1);
  }
});

/** The agent and the Envoy of a service, as its task. */
async function started(service: string) {
  const point = plan.services[service]!.sidecar.key;
  const configuration = configurationOf({ local, plan }, service);
  await new S3Client(local.client()).send(new PutObjectCommand(configuration));
  const { accessKeyId, secretAccessKey, sessionToken } = tasks[service]!;
  return mesh.agent(point, {
    environment: {
      AWS_REGION: REGION,
      // By its address, so that the name of the bucket is in the path.
      AWS_ENDPOINT_URL: `http://127.0.0.1:${local.aws.port}`,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      ZTP_CONFIGURATION_BUCKET: configuration.Bucket,
      ZTP_REGISTRATION: local.outputs['Registration']!,
    },
  });
}

test('real Envoys under the real agent complete mutual TLS by what the authority issued from the keys of KMS', async () => {
  await mesh.application('payments');
  const agents = await Promise.all(['orders', 'payments'].map((service) => started(service)));
  for (const agent of agents) await agent.said('serving');
  const { address, port } = mesh.at(`${plan.services['orders']!.sidecar.key}/outbound/payments`);
  const call = async (path: string) => {
    const answer = await fetch(`http://${address}:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  };
  // The application learns by whose certificate it was called.
  const { spiffeId } = plan.services['orders']!.sidecar;
  expect(await call('/charges/1')).toEqual({ status: 200, body: expect.stringContaining(`URI=${spiffeId}`) });
  expect(await call('/refunds/1')).toMatchObject({ status: 403 });
  // The signer that stands in elsewhere was asked by nobody.
  expect(mesh.cloud.requests).toEqual([]);
  await Promise.all(agents.map(({ child }) => child.stop()));
});

test("whoever invokes the function, the identity is the signer's", async () => {
  const answer = await local.register(await request(payments), orders);
  const { certificates } = answer as Extract<typeof answer, { kind: 'issued' }>;
  expect(new X509Certificate(certificates).subjectAltName).toContain('/payments');
});

describe('refused by the function', () => {
  test('a role without an identity', async () => {
    expect(await answerTo(await request(stranger), stranger)).toBe('unknown-identity');
  });

  test('a secret that was guessed, and none at all', async () => {
    expect(await answerTo(await request({ ...orders, secretAccessKey: 'guessed' }))).toBe('unproven-caller');
    expect(await answerTo(await request({ ...orders, sessionToken: payments.sessionToken }))).toBe(
      'unproven-caller',
    );
  });

  test("the account's root user, who is no role", async () => {
    const root = { accessKeyId: 'TESTTESTTESTTESTTEST', secretAccessKey: 'test', sessionToken: 'none' };
    expect(await answerTo(await request(root))).toBe('unproven-caller');
  });

  test('the same request again', async () => {
    const asked = await request(payments);
    expect(await answerTo(asked)).toBe('issued');
    expect(await answerTo(asked)).toBe('replayed-attestation');
  });

  test('another platform, whose claim STS does not look at', async () => {
    const asked = await request(orders, 'aws.prod.other.example');
    expect(await stsStatus(asked.attestation)).toBe(200);
    expect(await answerTo(asked)).toBe('wrong-attestation');
  });

  test('a claim that the signature does not cover, which STS accepts', async () => {
    const asked = await withUnsignedClaim(orders);
    expect(await stsStatus(asked.attestation)).toBe(200);
    expect(await answerTo(asked)).toBe('wrong-attestation');
  });

  test('a scope of another region, which STS accepts', async () => {
    const asked = await registrationRequest(generatePrivateKey(), {
      credentials: orders,
      region: 'us-east-1',
      platform: plan.trustDomain,
    });
    expect(await stsStatus(asked.attestation)).toBe(200);
    expect(await answerTo(asked)).toBe('wrong-attestation');
  });

  test('a role with two records, until one is taken away', async () => {
    const ssm = new SSMClient(local.client());
    const Path = identityRecords(plan.trustDomain);
    const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path, Recursive: true }));
    const record = Parameters.find(({ Name }) => Name?.endsWith('/payments'))!;
    const Name = record.Name!.replace('/payments', '/orders');
    const Value = record.Value!.replace('services/payments', 'services/orders');
    await ssm.send(new PutParameterCommand({ Name, Value, Type: 'String' }));
    expect(await answerTo(await request(payments), payments)).toBe('unknown-identity');
    await ssm.send(new DeleteParameterCommand({ Name }));
    expect(await answerTo(await request(payments), payments)).toBe('issued');
  });

  test('a record that says another role', async () => {
    const ssm = new SSMClient(local.client());
    const Path = identityRecords(plan.trustDomain);
    const { Parameters = [] } = await ssm.send(new GetParametersByPathCommand({ Path, Recursive: true }));
    const { Name, Value = '' } = Parameters.find((parameter) => parameter.Name?.endsWith('/payments'))!;
    const put = (value: string) =>
      ssm.send(new PutParameterCommand({ Name, Value: value, Type: 'String', Overwrite: true }));
    const others = [
      Value.replace(/AROA[A-Z0-9]+/, 'AROAOTHEROTHEROTHER'),
      Value.replace(/"roleName":"[^"]+"/, '"roleName":"other"'),
      Value.replace(/"account":"[^"]+"/, '"account":"999999999999"'),
      '{}',
    ];
    for (const other of others) {
      expect(other).not.toBe(Value);
      await put(other);
      expect(await answerTo(await request(payments), payments)).toBe('unknown-identity');
    }
    await put(Value);
  });

  test('more than its share, and its neighbour still gets one', async () => {
    const codes = new Set<string>();
    for (let count = 0; count < 11; count += 1) codes.add(await answerTo(await request(orders)));
    expect([...codes]).toEqual(['issued', 'issuance-rate']);
    expect(await answerTo(await request(payments), payments)).toBe('issued');
  });
});

refusedByPolicies(() => ({ local, plan, orders, registrar, administrator }));

test('a forged event makes the root function sign nothing', async () => {
  const bundle = async () => {
    const found = await new S3Client(local.client()).send(
      new GetObjectCommand({ Bucket: local.outputs['Bucket'], Key: BUNDLE_KEY }),
    );
    return found.Body?.transformToString();
  };
  const before = await bundle();
  const event = {
    RequestType: 'Update',
    StackId: 's',
    RequestId: 'r',
    LogicalResourceId: 'l',
    ResponseURL: `${local.aws.endpoint}/nowhere`,
    ResourceProperties: { IssuingKey: local.outputs['RootKey'], Subject: 'CN=thief', Lifetime: '999999999' },
  };
  await new LambdaClient(local.client()).send(
    new InvokeCommand({ FunctionName: local.outputs['RootFunction'], Payload: JSON.stringify(event) }),
  );
  expect(await bundle()).toBe(before);
});

test('with nothing enforced a guessed secret would pass, so what is said above is worth something', async () => {
  await local.enforce(false);
  const asked = await request({ ...payments, secretAccessKey: 'guessed' });
  expect(await stsStatus(asked.attestation)).toBe(200);
  expect(await answerTo(asked, payments)).toBe('issued');
});

passesUnenforced(() => ({ local, plan, orders, registrar, administrator }));
