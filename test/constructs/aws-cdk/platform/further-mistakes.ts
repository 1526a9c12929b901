import { type Stack, Token } from 'aws-cdk-lib';
import { RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage, Ec2TaskDefinition, FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import { AccountRootPrincipal, CompositePrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { NetworkLoadBalancer } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { resolve } from 'zero-trust-platform';
import { CertificateAuthority, Mesh, TokenAuthorizer, WebFirewall } from 'zero-trust-platform/aws-cdk';
import { type Mistake, model, platform, task, unverified, withContainer } from './mistaken.js';

const network = (stack: Stack) => new Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0 });
const applicationPort = 8080;

/** Of networks, scopes, images, roles and tasks: what somebody takes from another project. */
export const FURTHER_MISTAKES: readonly Mistake[] = [
  [
    'a network of one zone',
    (stack) => platform(stack, { vpc: new Vpc(stack, 'Vpc', { maxAzs: 1, natGateways: 0 }) }),
    'one-zone',
    /another zone/,
  ],
  [
    'a token where a literal is needed',
    (stack) =>
      platform(stack, {
        gateway: { ...unverified, clientCertificateStep: Token.asNumber({ Ref: 'Step' }) },
      }),
    'literal-needed',
    /Write the value itself/,
  ],
  [
    'a global list of the firewall in another region',
    (stack) => new WebFirewall(stack, 'List', { scope: 'CLOUDFRONT' }),
    'firewall-scope',
    /us-east-1/,
  ],
  [
    'a firewall before an HTTP API',
    (stack) =>
      new WebFirewall(stack, 'List').protect(
        'Api',
        new HttpStage(stack, 'Stage', { httpApi: new HttpApi(stack, 'Api') }) as never,
      ),
    'firewall-target',
    /before the REST API/,
  ],
  [
    'a firewall before a Network Load Balancer',
    (stack) =>
      new WebFirewall(stack, 'List').protect(
        'Balancer',
        new NetworkLoadBalancer(stack, 'Balancer', { vpc: network(stack) }) as never,
      ),
    'firewall-target',
    /before the REST API/,
  ],
  [
    "the sidecar's image by a tag",
    (stack) =>
      platform(stack, {
        mesh: {
          unjoined: ['web', 'store'],
          image: ContainerImage.fromRegistry('registry.example/gateway:latest'),
        },
      }),
    'image-without-digest',
    /by its digest/,
  ],
  [
    'a task of EC2',
    (stack) => platform(stack).mesh.join('web', new Ec2TaskDefinition(stack, 'Task'), { applicationPort }),
    'not-on-fargate',
    /FargateTaskDefinition/,
  ],
  [
    'one task definition for two services',
    (stack) => {
      const { mesh } = platform(stack);
      const shared = withContainer(task(stack));
      mesh.join('web', shared, { applicationPort });
      mesh.join('store', shared, { applicationPort });
    },
    'task-of-two-services',
    /task definition of its own/,
  ],
  [
    'a task role that people may assume',
    (stack) => {
      const taskRole = new Role(stack, 'Role', {
        assumedBy: new CompositePrincipal(
          new ServicePrincipal('ecs-tasks.amazonaws.com'),
          new AccountRootPrincipal(),
        ),
      });
      const definition = new FargateTaskDefinition(stack, 'Task', { memoryLimitMiB: 1024, taskRole });
      platform(stack).mesh.join('web', withContainer(definition), { applicationPort });
    },
    'role-trusts-others',
    /role of its own/,
  ],
  [
    'a task role of somebody else',
    (stack) => {
      const taskRole = Role.fromRoleName(stack, 'Role', 'theirs');
      const definition = new FargateTaskDefinition(stack, 'Task', { memoryLimitMiB: 1024, taskRole });
      platform(stack).mesh.join('web', withContainer(definition), { applicationPort });
    },
    'imported-role',
    /importedRole/,
  ],
  [
    'one task role for two services',
    (stack) => {
      const taskRole = new Role(stack, 'Role', {
        assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
      });
      const definition = (id: string) =>
        withContainer(new FargateTaskDefinition(stack, id, { memoryLimitMiB: 1024, taskRole }));
      const { mesh } = platform(stack);
      mesh.join('web', definition('Web'), { applicationPort });
      mesh.join('store', definition('Store'), { applicationPort });
    },
    'role-of-two-services',
    /task role of its own/,
  ],
  [
    'a plan for another engine',
    (stack) =>
      new Mesh(stack, 'Mesh', {
        plan: resolve(model),
        authority: new CertificateAuthority(stack, 'Authority', { plan: resolve(model) }),
        vpc: network(stack),
      }),
    'other-platform',
    /same plan/,
  ],
  [
    'an API that another stack made',
    (stack) =>
      platform(stack, {
        apis: [{ service: 'web', api: RestApi.fromRestApiId(stack, 'Api', 'a1b2c3d4e5') }],
      }),
    'api-not-protectable',
    /protectedElsewhere/,
  ],
  [
    'an authorizer without a service',
    (stack) =>
      new TokenAuthorizer(stack, 'Authorizer', { plan: resolve(model, { engine: 'aws' }), services: [] }),
    'no-service',
    /`host`/,
  ],
];
