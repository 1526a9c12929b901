import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion } from 'aws-cdk-lib/aws-rds';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { DataDomain } from '../../../../constructs/aws-cdk/data/index.js';
import { workload } from '../../../../lib/index.js';
import { dataDomain } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { model, world } from '../mesh/world.js';
import { ENV } from '../support/app.js';

/** Names of the stacks that a stack depends on. */
const dependencies = (stack: Stack) => stack.dependencies.map(({ stackName }) => stackName).sort();

test('a stack of data and one of services: where the role stands with the data, a task may name its stores', () => {
  const { app, platform, vpc, mesh } = world();
  const data = new Stack(app, 'Data', { env: ENV });
  const services = new Stack(app, 'Services', { env: ENV });
  const plan = resolve(
    { ...model, data: { sales: dataDomain('confidential', workload('orders')) } },
    { engine: 'aws' },
  );

  const taskRole = new Role(data, 'Orders', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  const task = new FargateTaskDefinition(services, 'Task', { taskRole });
  const container = task.addContainer('app', {
    image: ContainerImage.fromRegistry('images.example/app'),
    memoryLimitMiB: 256,
    portMappings: [{ containerPort: 8080 }],
    user: '1000',
  });
  const orders = mesh.join('orders', task, { applicationPort: 8080 });

  const domain = new DataDomain(data, 'Sales', { plan, domain: 'sales', clients: { orders } });
  const bucket = new Bucket(data, 'Bucket', { encryptionKey: domain.key });
  const database = new DatabaseInstance(data, 'Database', {
    engine: DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_16 }),
    vpc,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    storageEncryptionKey: domain.key,
    manageMasterUserPassword: true,
  });
  for (const store of [bucket, database]) domain.protect(store, { for: workload('orders') });
  container.addEnvironment('BUCKET', bucket.bucketName);
  container.addEnvironment('DATABASE', database.instanceEndpoint.hostname);

  const { Resources } = Template.fromStack(services).toJSON() as { Resources: object };
  expect(JSON.stringify(Resources)).toContain('"Name":"BUCKET","Value":{"Fn::ImportValue":"Data:');
  expect(dependencies(services)).toEqual(['Data', 'Platform']);
  expect(dependencies(data)).toEqual(['Platform']);
  expect(dependencies(platform)).toEqual([]);
});
