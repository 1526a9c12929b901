import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CertificateAuthority, IdentityRecord } from '../../../constructs/aws-cdk/authority/index.js';
import { readConfigurations } from '../../../constructs/aws-cdk/mesh/configuration-store.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';
import type { RegistrationAnswer } from '../../../lambda/registration/protocol.js';
import { deployment } from '../../support/aws/cdk.js';
import { believeLocalAws } from '../../support/aws/local-origin.js';
import { LocalAccount } from '../../support/aws/local-account.js';
import type { Ministack } from '../../support/aws/ministack.js';
import { TEST_ENVIRONMENT, testApp } from '../../support/aws/synth.js';

/** A certificate authority on a local AWS, deployed by the real CDK with bundles that ask that AWS. */
export class LocalAuthority extends LocalAccount {
  private constructor(
    aws: Ministack,
    readonly outputs: Readonly<Record<string, string>>,
  ) {
    super(aws);
  }

  static async deploy(plan: Plan): Promise<LocalAuthority> {
    const aws = await LocalAccount.start();
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

  /** The same of a role by the name of its output. */
  override session(role: string, name?: string): Promise<TaskCredentials> {
    return super.session(this.outputs[role] ?? role, name);
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
