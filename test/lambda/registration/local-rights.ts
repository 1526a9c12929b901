import {
  CreateGrantCommand,
  GetKeyPolicyCommand,
  GetPublicKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  SignCommand,
} from '@aws-sdk/client-kms';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { agentConfiguration } from '../../../gateway/agent/point-configuration.js';
import { identityRecords } from '../../../lib/authority/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { configurationHash, configurationText } from '../../../lib/point/configuration.js';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';
import { BUNDLE_KEY } from '../../../lambda/registration/bundle-key.js';
import type { LocalAuthority } from './local-authority.js';

const denied = {
  $metadata: { httpStatusCode: expect.any(Number) },
  name: expect.stringMatching(/AccessDenied/),
};

/** Who tries, at a local AWS that enforces policies. */
export interface Positions {
  readonly local: LocalAuthority;
  readonly plan: Plan;
  readonly orders: TaskCredentials;
  /** A session of the registration function's role that Lambda did not make. */
  readonly registrar: TaskCredentials;
  /** A session of a role whose own policy allows everything. */
  readonly administrator: TaskCredentials;
}

/** The bytes of a service's configuration, and where they lie. */
export function configurationOf({ local, plan }: Pick<Positions, 'local' | 'plan'>, service: string) {
  const Body = configurationText(agentConfiguration(plan, plan.services[service]!.sidecar.key));
  return { Bucket: local.outputs['Configurations']!, Key: `${service}/${configurationHash(Body)}`, Body };
}

const sign = (local: LocalAuthority, credentials: TaskCredentials, key: string) =>
  new KMSClient(local.client(credentials)).send(
    new SignCommand({
      KeyId: local.outputs[key]!,
      MessageType: 'DIGEST',
      Message: Buffer.alloc(32),
      SigningAlgorithm: 'ECDSA_SHA_256',
    }),
  );

const assumePayments = (local: LocalAuthority, credentials: TaskCredentials) =>
  local.query('sts', credentials, {
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: local.outputs['paymentsRole']!,
    RoleSessionName: 'thief',
  });

/** What policies refuse, whoever asks; `positions` are known when the tests run. */
export function refusedByPolicies(positions: () => Positions): void {
  describe('refused by policies', () => {
    let { local, plan, orders, registrar, administrator } = {} as Positions;
    beforeAll(() => {
      ({ local, plan, orders, registrar, administrator } = positions());
    });

    test.each(['IssuingKey', 'RootKey'])(
      '%s signs for no workload, and for no session of the role elsewhere',
      async (key) => {
        await expect(sign(local, orders, key)).rejects.toMatchObject(denied);
        await expect(sign(local, registrar, key)).rejects.toMatchObject(denied);
      },
    );

    test('a workload writes neither a record nor the bundle, and does not invoke the root function', async () => {
      const ssm = new SSMClient(local.client(orders));
      const Name = `${identityRecords(plan.trustDomain)}/AROAX/gateway`;
      await expect(
        ssm.send(new PutParameterCommand({ Name, Value: '{}', Type: 'String' })),
      ).rejects.toMatchObject(denied);
      const put = new PutObjectCommand({ Bucket: local.outputs['Bucket'], Key: BUNDLE_KEY, Body: '{}' });
      await expect(new S3Client(local.client(orders)).send(put)).rejects.toMatchObject(denied);
      const invoke = new InvokeCommand({ FunctionName: local.outputs['RootFunction'], Payload: '{}' });
      await expect(new LambdaClient(local.client(orders)).send(invoke)).rejects.toMatchObject(denied);
    });

    test('whoever has every right neither signs, nor gives a right to sign, nor writes the bundle or a record of issuance', async () => {
      const kms = new KMSClient(local.client(administrator));
      const s3 = new S3Client(local.client(administrator));
      const KeyId = local.outputs['IssuingKey']!;
      const Bucket = local.outputs['Bucket'];
      // What it may: its rights are in force.
      await expect(kms.send(new GetPublicKeyCommand({ KeyId }))).resolves.toBeDefined();
      await expect(s3.send(new GetObjectCommand({ Bucket, Key: BUNDLE_KEY }))).resolves.toBeDefined();
      for (const key of ['IssuingKey', 'RootKey'])
        await expect(sign(local, administrator, key)).rejects.toMatchObject(denied);
      const GranteePrincipal = local.outputs['ordersRole'];
      const grant = new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Sign'] });
      await expect(kms.send(grant)).rejects.toMatchObject(denied);
      for (const Key of [BUNDLE_KEY, 'issued/services/orders/x']) {
        const put = new PutObjectCommand({ Bucket, Key, Body: '{}' });
        await expect(s3.send(put)).rejects.toMatchObject(denied);
      }
    });

    test('a workload changes no function, no key and no configuration', async () => {
      const lambda = new LambdaClient(local.client(orders));
      const kms = new KMSClient(local.client(orders));
      const FunctionName = local.outputs['RootFunction']!;
      const KeyId = local.outputs['IssuingKey']!;
      const attempts = [
        () => lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: Buffer.from('x') })),
        () => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Layers: ['arn:x'] })),
        () =>
          lambda.send(
            new CreateFunctionCommand({
              FunctionName: 'thief',
              Role: local.outputs['RegistrationRole'],
              Code: { ZipFile: Buffer.from('x') },
            }),
          ),
        () => kms.send(new PutKeyPolicyCommand({ KeyId, Policy: '{}' })),
        () => kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal: 'x', Operations: ['Sign'] })),
        () =>
          new S3Client(local.client(orders)).send(
            new PutObjectCommand(configurationOf({ local, plan }, 'payments')),
          ),
      ];
      for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(denied);
    });

    test("a workload reads its own configuration, and no neighbour's", async () => {
      const read = ({ Bucket, Key }: ReturnType<typeof configurationOf>) =>
        new S3Client(local.client(orders)).send(new GetObjectCommand({ Bucket, Key }));
      await expect(read(configurationOf({ local, plan }, 'orders'))).resolves.toBeDefined();
      await expect(read(configurationOf({ local, plan }, 'payments'))).rejects.toMatchObject(denied);
    });

    test("nobody but ECS assumes a workload's role", async () => {
      await expect(assumePayments(local, orders)).rejects.toThrow(/403|AccessDenied/);
    });
  });
}

/** The control: with nothing enforced the same requests pass, so that what refuses them above are the policies. Changes what is deployed. */
export function passesUnenforced(positions: () => Positions): void {
  test('with nothing enforced the same requests pass: what refuses them are the policies', async () => {
    const { local, plan, orders, registrar, administrator } = positions();
    const kms = new KMSClient(local.client(orders));
    const s3 = new S3Client(local.client(orders));
    const ssm = new SSMClient(local.client(orders));
    const KeyId = local.outputs['IssuingKey']!;
    for (const credentials of [orders, registrar, administrator])
      await expect(sign(local, credentials, 'IssuingKey')).resolves.toMatchObject({
        Signature: expect.anything(),
      });
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
    const GranteePrincipal = local.outputs['ordersRole'];
    const neighbour = configurationOf({ local, plan }, 'payments');
    const Name = `${identityRecords(plan.trustDomain)}/AROAX/gateway`;
    const attempts = {
      PutKeyPolicy: () => kms.send(new PutKeyPolicyCommand({ KeyId, Policy })),
      CreateGrant: () => kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Sign'] })),
      PutParameter: () => ssm.send(new PutParameterCommand({ Name, Value: '{}', Type: 'String' })),
      PutObject: () => s3.send(new PutObjectCommand(neighbour)),
      GetObject: () => s3.send(new GetObjectCommand({ Bucket: neighbour.Bucket, Key: neighbour.Key })),
    };
    for (const [action, attempt] of Object.entries(attempts)) {
      const { $metadata } = await attempt();
      expect([action, $metadata.httpStatusCode]).toEqual([action, 200]);
    }
    await expect(assumePayments(local, orders)).resolves.toContain('<AccessKeyId>');
  });
}
