import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import type { Construct } from 'constructs';
import { CertificateAuthority } from '../../../../constructs/aws-cdk/authority/index.js';
import { Mesh, type MeshProps } from '../../../../constructs/aws-cdk/mesh/index.js';
import { allow, anyone, defineZeroTrust, http, oidc, user, workload } from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { ENV } from '../support/app.js';

/** `web` is public and calls `orders`, which calls `payments`; nobody calls `web` but the gateway. */
export const model = defineZeroTrust({
  trustDomain: 'shop.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://keys.shop.example/jwks' }),
    },
  },
  services: { web: http({ host: 'www.shop.example' }), orders: http(), payments: http() },
  access: [
    allow(anyone()).to('web', 'GET /'),
    allow(user({ groups: ['staff'] })).to('web', 'GET /admin/**'),
    allow(workload('web')).to('orders', 'GET /orders/{id}'),
    allow(workload('orders')).to('payments', 'GET /charges/{id}'),
  ],
});

export const plan = resolve(model, { engine: 'aws' });

export const DIGEST = `sha256:${'a'.repeat(64)}`;

export interface World {
  readonly app: App;
  readonly platform: Stack;
  /** The user's own stack. */
  readonly shop: Stack;
  readonly vpc: Vpc;
  readonly mesh: Mesh;
}

export const ALL = ['web', 'orders', 'payments'];

/** A platform's stack with a mesh, and another of a user. */
export function world(
  props: Partial<MeshProps> = {},
  outdir?: string,
  more: (platform: Stack, vpc: Vpc) => Partial<MeshProps> = () => ({}),
): World {
  const app = new App({ analyticsReporting: false, ...(outdir !== undefined && { outdir }) });
  const platform = new Stack(app, 'Platform', { env: ENV });
  const shop = new Stack(app, 'Shop', { env: ENV });
  const vpc = new Vpc(platform, 'Vpc', {
    ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    subnetConfiguration: [
      { name: 'public', subnetType: SubnetType.PUBLIC },
      { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    ],
  });
  const mesh = new Mesh(platform, 'Mesh', {
    plan,
    authority: CertificateAuthority.fromAttributes(platform, 'Authority', {
      platform: plan.trustDomain,
      registrationArn: `arn:aws:lambda:eu-west-1:${ENV.account}:function:registration:live`,
    }),
    vpc,
    image: ContainerImage.fromRegistry(`images.example/agent@${DIGEST}`),
    unjoined: ALL,
    ...props,
    ...more(platform, vpc),
  });
  return { app, platform, shop, vpc, mesh };
}

/** A task definition with one container, as a user has it before the mesh. */
export function application(scope: Construct, id = 'Task'): FargateTaskDefinition {
  const task = new FargateTaskDefinition(scope, id);
  task.addContainer('app', {
    image: ContainerImage.fromRegistry('images.example/app'),
    memoryLimitMiB: 256,
    portMappings: [{ containerPort: 8080 }],
    user: '1000',
  });
  return task;
}

export const templateOf = (stack: Stack): Template => Template.fromStack(stack);

interface Container {
  readonly Name: string;
  readonly Environment?: readonly { readonly Name: string; readonly Value: unknown }[];
  readonly [property: string]: unknown;
}

/** A container of the only task definition of a template that has one of that name. */
export function container(template: Template, name: string): Container {
  const found = Object.values(template.findResources('AWS::ECS::TaskDefinition'))
    .flatMap(
      (resource) =>
        (resource as { Properties: { ContainerDefinitions: Container[] } }).Properties.ContainerDefinitions,
    )
    .filter(({ Name }) => Name === name);
  expect(found).toHaveLength(1);
  return found[0]!;
}

export function environment(found: Container): Record<string, unknown> {
  return Object.fromEntries((found.Environment ?? []).map(({ Name, Value }) => [Name, Value]));
}
