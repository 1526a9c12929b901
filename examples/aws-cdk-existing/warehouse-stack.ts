import { Stack, type StackProps } from 'aws-cdk-lib';
import { HttpIntegration, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Cluster, ContainerImage, FargateService, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';

/**
 * What was there before: a network, a cluster, two services and an API, made by somebody who had never heard of
 * this library. Nothing in this file changes when parts of the platform are adopted.
 */
export class WarehouseStack extends Stack {
  readonly vpc: Vpc;
  readonly cluster: Cluster;
  readonly stock: FargateService;
  readonly shipping: FargateService;
  readonly api: RestApi;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.vpc = new Vpc(this, 'Network', { maxAzs: 2, natGateways: 1 });
    this.cluster = new Cluster(this, 'Cluster', { vpc: this.vpc });
    this.stock = this.service('Stock', 'warehouse/stock:7');
    this.shipping = this.service('Shipping', 'warehouse/shipping:12');

    this.api = new RestApi(this, 'Api', { restApiName: 'warehouse' });
    const items = this.api.root.addResource('items');
    items.addMethod('GET', new HttpIntegration('https://stock.warehouse.example/items'));
    items.addMethod(
      'POST',
      new HttpIntegration('https://stock.warehouse.example/items', { httpMethod: 'POST' }),
    );
  }

  private service(name: string, image: string): FargateService {
    const taskDefinition = new FargateTaskDefinition(this, `${name}Task`, { cpu: 512, memoryLimitMiB: 1024 });
    taskDefinition.addContainer('app', {
      image: ContainerImage.fromRegistry(`registry.warehouse.example/${image}`),
      portMappings: [{ containerPort: 8080 }],
    });
    return new FargateService(this, name, { cluster: this.cluster, taskDefinition });
  }
}
