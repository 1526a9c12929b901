import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { SignatureV4 } from '@smithy/signature-v4';
import { CertificateAuthority, IdentityRecord } from '../../../constructs/aws-cdk/authority/index.js';
import { readConfigurations } from '../../../constructs/aws-cdk/mesh/configuration-store.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';
import type { RegistrationAnswer } from '../../../lambda/registration/protocol.js';
import { Sha256 } from '../../../lambda/registration/sha256.js';
import { deployment } from '../../support/aws/cdk.js';
import { believeLocalAws } from '../../support/aws/local-origin.js';
import { Ministack, REGION } from '../../support/aws/ministack.js';
import { TEST_ENVIRONMENT, testApp } from '../../support/aws/synth.js';

const ADMINISTRATOR: TaskCredentials = { accessKeyId: 'test', secretAccessKey: 'test', sessionToken: '' };

/** A certificate authority on a local AWS, deployed by the real CDK with bundles that ask that AWS. */
export class LocalAuthority {
  private constructor(
    readonly aws: Ministack,
    readonly outputs: Readonly<Record<string, string>>,
  ) {}

  static async deploy(plan: Plan): Promise<LocalAuthority> {
    const aws = await Ministack.start({ environment: { PYTHONPATH: join(__dirname, 'emulator') } });
    try {
      const assembly = synthesized(plan);
      await believeLocalAws(assembly, aws.endpoint);
      await deployment.bootstrap(aws);
      const file = join(aws.folder, 'outputs.json');
      await deployment.deploy(aws, assembly, '--outputs-file', file);
      const { Local } = JSON.parse(readFileSync(file, 'utf8')) as { Local: Record<string, string> };
      return new LocalAuthority(aws, Local);
    } catch (error) {
      await aws.stop();
      throw error;
    }
  }

  /** Signatures are verified and policies enforced from here on, or no more. */
  async enforce(on: boolean): Promise<void> {
    const text = `enforcement is ${on ? 'on' : 'off'}`;
    const seen = this.aws.log.filter((line) => line.includes(text)).length;
    process.kill(this.aws.child.pid!, on ? 'SIGUSR1' : 'SIGUSR2');
    while (this.aws.log.filter((line) => line.includes(text)).length === seen) {
      await fetch(`${this.aws.endpoint}/_ministack/ready`);
    }
  }

  /** A session of a role, as ECS gives one to a task. */
  async session(role: string, name = '0123456789abcdef0123456789abcdef'): Promise<TaskCredentials> {
    const text = await this.query('sts', ADMINISTRATOR, {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: this.outputs[role] ?? role,
      RoleSessionName: name,
    });
    const value = (element: string) => new RegExp(`<${element}>([^<]+)<`).exec(text)?.[1] ?? '';
    return {
      accessKeyId: value('AccessKeyId'),
      secretAccessKey: value('SecretAccessKey'),
      sessionToken: value('SessionToken'),
    };
  }

  /** Call a service with a query interface. Throws what it answers unless that is a 200. */
  async query(service: string, credentials: TaskCredentials, body: Record<string, string>): Promise<string> {
    const { host } = new URL(this.aws.endpoint);
    const signer = new SignatureV4({ service, region: REGION, credentials, sha256: Sha256 });
    const text = new URLSearchParams(body).toString();
    const request = await signer.sign({
      method: 'POST',
      protocol: 'http:',
      hostname: host,
      path: '/',
      headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: text,
    });
    const answer = await fetch(this.aws.endpoint, { method: 'POST', headers: request.headers, body: text });
    const answered = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${answered}`);
    return answered;
  }

  /** What a client of the SDK is made with. */
  client(credentials: TaskCredentials = ADMINISTRATOR) {
    const { sessionToken, ...keys } = credentials;
    return {
      endpoint: this.aws.endpoint,
      region: REGION,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: sessionToken === '' ? keys : credentials,
    };
  }

  /** Ask the authority as these credentials allow. */
  async register(request: unknown, credentials: TaskCredentials): Promise<RegistrationAnswer> {
    const lambda = new LambdaClient(this.client(credentials));
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: this.outputs['Registration'], Payload: JSON.stringify(request) }),
    );
    const text = Buffer.from(Payload ?? []).toString();
    if (FunctionError) throw new Error(text);
    return JSON.parse(text) as RegistrationAnswer;
  }
}

function synthesized(plan: Plan): string {
  const app = testApp();
  const stack = new Stack(app, 'Local', { env: TEST_ENVIRONMENT });
  const authority = new CertificateAuthority(stack, 'Authority', { plan });
  const configurations = new Bucket(stack, 'Store');
  for (const service of ['orders', 'payments', 'stranger']) {
    const task = new FargateTaskDefinition(stack, service);
    authority.grantRegister(task.taskRole);
    new CfnOutput(stack, `${service}Role`, { value: task.taskRole.roleArn });
    if (service === 'stranger') continue;
    new IdentityRecord(task, 'Identity', { plan, service, role: task.taskRole });
    // As a mesh does it: its own, and no other's.
    task.taskRole.addToPrincipalPolicy(readConfigurations(configurations, service));
  }
  const administrator = new Role(stack, 'Everything', { assumedBy: new AccountRootPrincipal() });
  administrator.addToPolicy(new PolicyStatement({ actions: ['*'], resources: ['*'] }));
  new CfnOutput(stack, 'AdministratorRole', { value: administrator.roleArn });
  new CfnOutput(stack, 'Configurations', { value: configurations.bucketName });
  new CfnOutput(stack, 'Registration', { value: authority.registrationArn });
  new CfnOutput(stack, 'RegistrationRole', { value: authority.registration.role.roleArn });
  new CfnOutput(stack, 'RootFunction', { value: authority.kms!.root.function.functionArn });
  new CfnOutput(stack, 'IssuingKey', { value: authority.kms!.issuingKey.keyArn });
  new CfnOutput(stack, 'RootKey', { value: authority.kms!.rootKey.keyArn });
  new CfnOutput(stack, 'Bucket', { value: authority.bucket.bucketName });
  return app.synth().directory;
}
