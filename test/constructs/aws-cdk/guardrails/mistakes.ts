import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CfnParameter, Fn, NestedStack, Stack, Token } from 'aws-cdk-lib';
import {
  AuthorizationType,
  CfnMethod,
  HttpIntegration,
  IdentitySource,
  RequestAuthorizer,
  RestApi,
  TokenAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import { HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnSecurityGroup, Peer, Port, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationLoadBalancer,
  CfnListener,
  ListenerAction,
  SslPolicy,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import {
  ManagedPolicy,
  OpenIdConnectProvider,
  PolicyStatement,
  Role,
  ServicePrincipal,
  WebIdentityPrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { CfnAuthPolicy, CfnService } from 'aws-cdk-lib/aws-vpclattice';
import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import type { Construct } from 'constructs';

/** What an app that nobody checked may look like: each mistake in a construct of its own, by L2 and by L1. */
export class Mistakes extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.loadBalancer();
    this.apis();
    this.firewall();
    this.identities();
    this.network();
    new Nested(this, 'nested');
    include(this, 'included', { SecurityGroupEgress: [{ CidrIp: '0.0.0.0/0', IpProtocol: '-1' }] });
  }

  private loadBalancer(): void {
    const vpc = new Vpc(this, 'vpc', { maxAzs: 2, natGateways: 0 });
    const balancer = new ApplicationLoadBalancer(this, 'balancer', { vpc });
    const certificates = [
      Certificate.fromCertificateArn(this, 'certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/a'),
    ];
    const listener = balancer.addListener('l2', {
      port: 443,
      certificates,
      defaultAction: ListenerAction.fixedResponse(404),
      open: false,
    });
    // The L2 writes a policy of its own only where a flag is set; take it away as an old app has it.
    (listener.node.defaultChild as CfnListener).sslPolicy = undefined;
    new CfnListener(this, 'l1', {
      loadBalancerArn: balancer.loadBalancerArn,
      protocol: 'HTTPS',
      sslPolicy: Fn.join('-', ['ELBSecurityPolicy', '2016', '08']),
      defaultActions: [{ type: 'fixed-response', fixedResponseConfig: { statusCode: '404' } }],
    });
  }

  private apis(): void {
    const handler = new LambdaFunction(this, 'handler', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'h',
      code: Code.fromInline('1'),
    });
    const api = new RestApi(this, 'rest');
    const to = new HttpIntegration('https://a.example');
    const cached = new TokenAuthorizer(this, 'cached', { handler });
    api.root.addMethod('GET', to);
    api.root.addMethod('POST', to, { authorizer: cached });
    api.root.addProxy({ defaultIntegration: to, anyMethod: true });
    new CfnMethod(this, 'l1-method', {
      restApiId: api.restApiId,
      resourceId: api.restApiRootResourceId,
      httpMethod: 'PUT',
      authorizationType: AuthorizationType.NONE,
    });
    const http = new HttpApi(this, 'http', {
      defaultIntegration: new HttpUrlIntegration('d', 'https://a.example'),
    });
    const jwt = new HttpJwtAuthorizer('jwt', 'https://i.example', { jwtAudience: ['shop'] });
    const integration = new HttpUrlIntegration('i', 'https://a.example');
    http.addRoutes({ path: '/orders', methods: [HttpMethod.GET], integration, authorizer: jwt });
    http.addRoutes({
      path: '/open',
      methods: [HttpMethod.GET],
      integration,
      authorizer: new HttpNoneAuthorizer(),
    });
  }

  private firewall(): void {
    const visibilityConfig = {
      cloudWatchMetricsEnabled: true,
      metricName: 'm',
      sampledRequestsEnabled: true,
    };
    new CfnWebACL(this, 'list', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig,
      rules: [
        {
          name: 'common',
          priority: 1,
          overrideAction: { count: {} },
          statement: {
            managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet' },
          },
          visibilityConfig,
        },
      ],
    });
    const service = new CfnService(this, 'lattice', { authType: 'NONE' });
    new CfnAuthPolicy(this, 'lattice-policy', {
      resourceIdentifier: service.attrArn,
      policy: { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] },
    });
  }

  private identities(): void {
    const assumedBy = new ServicePrincipal('ecs-tasks.amazonaws.com');
    const workload = new Role(this, 'workload', { assumedBy });
    new Key(this, 'key', { keySpec: KeySpec.ECC_NIST_P256, keyUsage: KeyUsage.SIGN_VERIFY }).grant(
      workload,
      'kms:Sign',
    );
    workload.addToPolicy(new PolicyStatement({ actions: ['acm-pca:Issue*'], resources: ['*'] }));
    new Role(this, 'administrator', {
      assumedBy,
      managedPolicies: [ManagedPolicy.fromAwsManagedPolicyName('AdministratorAccess')],
    });
    const github = new OpenIdConnectProvider(this, 'github', {
      url: 'https://token.actions.githubusercontent.com',
    });
    new Role(this, 'pipeline', {
      assumedBy: new WebIdentityPrincipal(github.openIdConnectProviderArn, {
        StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' },
        StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:acme/*' },
      }),
    });
  }

  private network(): void {
    const vpc = Vpc.fromVpcAttributes(this, 'there', {
      vpcId: 'vpc-1',
      availabilityZones: ['eu-west-1a'],
      privateSubnetIds: ['s'],
    });
    new SecurityGroup(this, 'open', { vpc });
    const open = new CfnParameter(this, 'range', { default: '0.0.0.0/0' });
    new CfnSecurityGroup(this, 'open-l1', {
      groupDescription: 'g',
      vpcId: 'vpc-1',
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: open.valueAsString }],
    });
  }
}

/** The same app, made right. */
export class Twins extends Stack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    const vpc = new Vpc(this, 'vpc', { maxAzs: 2, natGateways: 0 });
    const balancer = new ApplicationLoadBalancer(this, 'balancer', {
      vpc,
      securityGroup: closed(this, 'balancer-group', vpc),
    });
    const certificates = [
      Certificate.fromCertificateArn(this, 'certificate', 'arn:aws:acm:eu-west-1:111122223333:certificate/a'),
    ];
    balancer.addListener('l2', {
      port: 443,
      certificates,
      sslPolicy: SslPolicy.TLS13_13_PQ,
      defaultAction: ListenerAction.fixedResponse(404),
      open: false,
    });

    const handler = new LambdaFunction(this, 'handler', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'h',
      code: Code.fromInline('1'),
    });
    const identitySources = [
      IdentitySource.header('Authorization'),
      IdentitySource.context('httpMethod'),
      IdentitySource.context('path'),
    ];
    const authorizer = new RequestAuthorizer(this, 'cached', { handler, identitySources });
    const api = new RestApi(this, 'rest', {
      defaultMethodOptions: { authorizer },
      defaultCorsPreflightOptions: { allowOrigins: ['https://a.example'] },
    });
    api.root.addProxy({ defaultIntegration: new HttpIntegration('https://a.example'), anyMethod: true });
    const jwt = new HttpJwtAuthorizer('jwt', 'https://i.example', { jwtAudience: ['shop'] });
    new HttpApi(this, 'http', { defaultAuthorizer: jwt, defaultAuthorizationScopes: ['orders'] }).addRoutes({
      path: '/orders',
      methods: [HttpMethod.GET],
      integration: new HttpUrlIntegration('i', 'https://a.example'),
    });

    const nested = new NestedStack(this, 'firewall');
    const visibilityConfig = {
      cloudWatchMetricsEnabled: true,
      metricName: 'm',
      sampledRequestsEnabled: true,
    };
    const list = new CfnWebACL(nested, 'list', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig,
    });
    new CfnWebACLAssociation(this, 'api-list', {
      webAclArn: list.attrArn,
      resourceArn: api.deploymentStage.stageArn,
    });
    new CfnWebACLAssociation(this, 'balancer-list', {
      webAclArn: list.attrArn,
      resourceArn: balancer.loadBalancerArn,
    });

    const github = new OpenIdConnectProvider(this, 'github', {
      url: 'https://token.actions.githubusercontent.com',
    });
    new Role(this, 'pipeline', {
      assumedBy: new WebIdentityPrincipal(github.openIdConnectProviderArn, {
        StringEquals: {
          'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
          'token.actions.githubusercontent.com:sub': 'repo:acme/shop:ref:refs/heads/main',
        },
      }),
    });
    const workload = new Role(this, 'workload', {
      assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com'),
    });
    new Key(this, 'key').grantEncryptDecrypt(workload);
    include(this, 'included', { SecurityGroupEgress: [{ CidrIp: '10.0.0.0/16', IpProtocol: '-1' }] });
  }
}

class Nested extends NestedStack {
  constructor(scope: Construct, id: string) {
    super(scope, id);
    // The parent passes the range, so only both templates together tell.
    const range = new CfnParameter(scope, 'nested-range', { default: '0.0.0.0/0' }).valueAsString;
    new CfnSecurityGroup(this, 'open', {
      groupDescription: 'g',
      vpcId: 'v',
      securityGroupEgress: [{ ipProtocol: '-1', cidrIp: range }],
    });
  }
}

function closed(scope: Construct, id: string, vpc: Vpc): SecurityGroup {
  const group = new SecurityGroup(scope, id, { vpc, allowAllOutbound: false });
  group.addEgressRule(Peer.ipv4(Token.asString(vpc.vpcCidrBlock)), Port.tcp(8080));
  return group;
}

/** A template that somebody wrote by hand, taken into a stack. */
export function include(scope: Construct, id: string, group: Readonly<Record<string, unknown>>): CfnInclude {
  const folder = scope.node.root.node.tryGetContext('folder') as string;
  const templateFile = join(folder, `${scope.node.id}-${id}.json`);
  const Properties = { GroupDescription: 'by hand', VpcId: 'vpc-1', ...group };
  writeFileSync(
    templateFile,
    JSON.stringify({ Resources: { ByHand: { Type: 'AWS::EC2::SecurityGroup', Properties } } }),
  );
  return new CfnInclude(scope, id, { templateFile });
}
