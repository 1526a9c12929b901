import { at, type Examples, it, parameter, ref, resource } from './example.js';

const CONDITION = { Conditions: { C: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'x'] } } };
const service = (more: Record<string, unknown>) => it('AWS::VpcLattice::Service', { Name: 's', ...more });
const auth = (statement: unknown) =>
  it('AWS::VpcLattice::AuthPolicy', {
    ResourceIdentifier: 's',
    Policy: { Version: '2012-10-17', Statement: statement },
  });
const allow = (more: Record<string, unknown>) => ({
  Effect: 'Allow',
  Action: 'vpc-lattice-svcs:Invoke',
  Resource: '*',
  ...more,
});
const OWN = { 'aws:PrincipalOrgID': 'o-1' };
const denied = (condition: unknown, action = '*') => ({
  Effect: 'Deny',
  Principal: '*',
  Action: action,
  Resource: '*',
  Condition: condition,
});
const ROLE = 'arn:aws:iam::111122223333:role/orders';

const group = (egress: unknown, beside: Record<string, unknown> = {}) =>
  it(
    'AWS::EC2::SecurityGroup',
    { GroupDescription: 'g', VpcId: 'v', ...(egress === undefined ? {} : { SecurityGroupEgress: egress }) },
    beside,
  );
const out = (more: Record<string, unknown>) => ({ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, ...more });
const NONE = { CidrIp: '255.255.255.255/32', IpProtocol: 'icmp', FromPort: 252, ToPort: 86 };
const separate = (more: Record<string, unknown>, beside: Record<string, unknown> = {}) =>
  it('AWS::EC2::SecurityGroupEgress', { GroupId: 'sg-1', ...out(more) }, beside);

const prefixList = (cidr: string) =>
  resource('AWS::EC2::PrefixList', { AddressFamily: 'IPv4', MaxEntries: 1, Entries: [{ Cidr: cidr }] });
const byList = (id: unknown, cidr: string) =>
  group([out({ DestinationPrefixListId: id })], { L: prefixList(cidr) });

const appMeshTask = (container: Record<string, unknown>) =>
  it('AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Name: 'envoy', ...container }] });
const variables = (values: Record<string, unknown>) =>
  it('AWS::Lambda::Function', { Environment: { Variables: values } });

const ecs = (more: Record<string, unknown>, extra: Record<string, unknown> = {}) => ({
  Resources: { It: { Type: 'AWS::ECS::Service', Properties: { Cluster: 'c', ...more }, ...extra } },
});
const CONNECT = { Enabled: true, Namespace: 'shop', Services: [{ PortName: 'http', Tls: { KmsKey: 'k' } }] };

export const network: Readonly<Record<string, Examples>> = {
  'lattice-auth': {
    violating: [
      ['NONE', service({ AuthType: 'NONE' }), at('AuthType')],
      ['by default', service({})],
      [
        'NONE with a policy beside it',
        it(
          'AWS::VpcLattice::Service',
          { AuthType: 'NONE' },
          { P: resource('AWS::VpcLattice::AuthPolicy', { ResourceIdentifier: ref('It') }) },
        ),
      ],
      ['a service network', it('AWS::VpcLattice::ServiceNetwork', { Name: 'n' })],
      [
        'only where a condition holds',
        { ...service({ AuthType: { 'Fn::If': ['C', 'AWS_IAM', 'NONE'] } }), ...CONDITION },
      ],
      [
        'one of the values that are allowed',
        { ...service({ AuthType: ref('P') }), ...parameter({ AllowedValues: ['AWS_IAM', 'NONE'] }) },
      ],
    ],
    compliant: [
      ['AWS_IAM', service({ AuthType: 'AWS_IAM' }), at('AuthType')],
      [
        'a service network',
        it('AWS::VpcLattice::ServiceNetwork', { Name: 'n', AuthType: 'AWS_IAM' }),
        at('AuthType'),
      ],
      [
        'both branches',
        { ...service({ AuthType: { 'Fn::If': ['C', 'AWS_IAM', { 'Fn::Sub': 'AWS_IAM' }] } }), ...CONDITION },
      ],
      [
        'a branch that never holds',
        {
          ...service({ AuthType: { 'Fn::If': ['C', 'AWS_IAM', 'NONE'] } }),
          Conditions: { C: { 'Fn::Equals': ['a', 'a'] } },
        },
      ],
      [
        'under a condition that never holds',
        {
          Resources: { It: { ...resource('AWS::VpcLattice::Service'), Condition: 'C' } },
          Conditions: { C: { 'Fn::Not': [{ 'Fn::Equals': ['a', 'a'] }] } },
        },
      ],
    ],
    undecided: [['a parameter without a default', { ...service({ AuthType: ref('P') }), ...parameter({}) }]],
  },
  'lattice-principal': {
    violating: [
      ['*', auth(allow({ Principal: '*' })), at('Policy', 'Statement', 'Principal')],
      ['AWS: *', auth([allow({ Principal: { AWS: '*' } })])],
      ['* in a list', auth([allow({ Principal: { AWS: [ROLE, '*'] } })])],
      ['everybody but one', auth([allow({ NotPrincipal: { AWS: ROLE } })])],
      [
        'a condition on something else',
        auth([
          allow({ Principal: '*', Condition: { StringEquals: { 'vpc-lattice-svcs:RequestMethod': 'GET' } } }),
        ]),
      ],
      [
        'a condition that holds without the key',
        auth([
          allow({ Principal: '*', Condition: { StringEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' } } }),
        ]),
      ],
      [
        'a condition that everything fulfils',
        auth([allow({ Principal: '*', Condition: { ArnLike: { 'aws:PrincipalArn': '*' } } })]),
      ],
      ...(
        [
          ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*'],
          ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/orders'],
          ['StringLike', 'aws:PrincipalArn', '?*'],
          ['StringLike', 'aws:PrincipalArn', 'arn:*'],
          ['StringLike', 'aws:PrincipalOrgID', 'o-*'],
          ['ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*/r-1/*'],
          ['StringLike', 'vpc-lattice-svcs:SourceVpc', 'vpc-*'],
          ['StringLike', 'aws:SourceVpcArn', 'arn:aws:ec2:*:*:vpc/*'],
          ['StringEquals', 'aws:PrincipalTag/team', 'orders'],
        ] as const
      ).map(
        ([operator, key, value]) =>
          [
            `a condition that most callers fulfil, ${operator} ${value}`,
            auth([allow({ Principal: '*', Condition: { [operator]: { [key]: value } } })]),
          ] as const,
      ),
      ['a deny for some', auth([allow({ Principal: '*' }), denied({ StringEquals: OWN })])],
      [
        'a deny for all others of one method',
        auth([allow({ Principal: '*' }), denied({ StringNotEquals: OWN }, 'vpc-lattice-svcs:Connect')]),
      ],
      [
        'a deny for others that come from elsewhere, too',
        auth([
          allow({ Principal: '*' }),
          denied({ StringNotEquals: { ...OWN, 'vpc-lattice-svcs:SourceVpc': 'vpc-1' } }),
        ]),
      ],
      [
        'a policy as a text',
        it('AWS::VpcLattice::AuthPolicy', {
          Policy: JSON.stringify({ Statement: allow({ Principal: '*' }) }),
        }),
      ],
      [
        'a policy of eleven kilobytes',
        auth(
          Array.from({ length: 100 }, (_, n) =>
            allow({ Principal: { AWS: `${ROLE}-${n}` }, Sid: 'x'.repeat(20) }),
          ),
        ),
      ],
    ],
    compliant: [
      ['a role', auth(allow({ Principal: { AWS: ROLE } })), at('Policy', 'Statement', 'Principal', 'AWS')],
      [
        'a role of the template',
        it(
          'AWS::VpcLattice::AuthPolicy',
          { Policy: { Statement: [allow({ Principal: { AWS: { 'Fn::GetAtt': ['R', 'Arn'] } } })] } },
          { R: resource('AWS::IAM::Role') },
        ),
      ],
      [
        '* narrowed by the caller',
        auth(allow({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })),
      ],
      [
        '* narrowed by the caller, in another case',
        auth(allow({ Principal: '*', Condition: { ArnLike: { 'AWS:principalarn': [ROLE] } } })),
      ],
      [
        '* narrowed by the network',
        auth(
          allow({ Principal: '*', Condition: { StringEquals: { 'vpc-lattice-svcs:SourceVpc': 'vpc-1' } } }),
        ),
      ],
      ['* that is denied to all others', auth([allow({ Principal: '*' }), denied({ StringNotEquals: OWN })])],
      [
        '* that is denied to all but a role',
        auth([
          allow({ Principal: '*' }),
          denied({ ArnNotEquals: { 'aws:PrincipalArn': ROLE } }, 'vpc-lattice-svcs:*'),
        ]),
      ],
      [
        '* narrowed to an account',
        auth(
          allow({
            Principal: '*',
            Condition: {
              ArnLike: { 'aws:PrincipalArn': { 'Fn::Sub': 'arn:aws:iam::${AWS::AccountId}:role/*' } },
            },
          }),
        ),
      ],
      [
        '* narrowed to a part of an organisation',
        auth(
          allow({
            Principal: '*',
            Condition: { 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-1/r-1/*' } },
          }),
        ),
      ],
      [
        '* narrowed to a network of the template',
        it(
          'AWS::VpcLattice::AuthPolicy',
          {
            Policy: {
              Statement: allow({
                Principal: '*',
                Condition: { StringEquals: { 'vpc-lattice-svcs:SourceVpc': ref('V') } },
              }),
            },
          },
          { V: resource('AWS::EC2::VPC') },
        ),
      ],
      [
        '* that is denied',
        auth([{ ...allow({ Principal: '*' }), Effect: 'Deny' }]),
        at('Policy', 'Statement', 0, 'Effect'),
      ],
    ],
    undecided: [
      [
        'an organisation from elsewhere',
        {
          ...auth(allow({ Principal: '*', Condition: { StringEquals: { 'aws:PrincipalOrgID': ref('P') } } })),
          ...parameter({}),
        },
      ],
      [
        'a deny for all others of an organisation from elsewhere',
        {
          ...auth([
            allow({ Principal: '*' }),
            denied({ StringNotEquals: { 'aws:PrincipalOrgID': ref('P') } }),
          ]),
          ...parameter({}),
        },
      ],
      ['a principal from elsewhere', { ...auth(allow({ Principal: { AWS: ref('P') } })), ...parameter({}) }],
      [
        'a policy from elsewhere',
        it('AWS::VpcLattice::AuthPolicy', { Policy: { 'Fn::ImportValue': 'policy' } }),
      ],
    ],
  },
  'open-egress': {
    violating: [
      ['every address', group([out({ CidrIp: '0.0.0.0/0' })]), at('SecurityGroupEgress', 0, 'CidrIp')],
      ['every protocol', group([{ IpProtocol: '-1', CidrIp: '0.0.0.0/0' }])],
      ['one that stands for a list', group(out({ CidrIp: '0.0.0.0/0' }))],
      ['IPv6', group([out({ CidrIpv6: '::/0' })])],
      ['IPv6 in full', group([out({ CidrIpv6: '0:0:0:0:0:0:0:0/0' })])],
      ['a half of everything', group([out({ CidrIp: '128.0.0.0/1' })])],
      ['all global IPv6', group([out({ CidrIpv6: '2000::/3' })])],
      ['no rule', group(undefined)],
      ['an empty list', group([])],
      ['a resource of its own', separate({ CidrIp: '0.0.0.0/0' }), at('CidrIp')],
      [
        'only where a condition holds',
        {
          ...group([{ 'Fn::If': ['C', out({ CidrIp: '0.0.0.0/0' }), out({ CidrIp: '10.0.0.0/16' })] }]),
          ...CONDITION,
        },
      ],
      ['a prefix list of the template', byList(ref('L'), '0.0.0.0/0')],
      ['the same by Fn::GetAtt', byList({ 'Fn::GetAtt': ['L', 'PrefixListId'] }, '128.0.0.0/1')],
      ['all IPv4 behind a NAT64', group([out({ CidrIpv6: '64:ff9b::/96' })])],
      ['half of IPv4 behind a NAT64', group([out({ CidrIpv6: '64:ff9b::/97' })])],
      ['a network of IPv6 with all that', group([out({ CidrIpv6: '64:ff9b::/32' })])],
      [
        'every network of IPv4 by itself',
        group(Array.from({ length: 223 }, (_, n) => out({ CidrIp: `${n + 1}.0.0.0/8` }))),
      ],
      [
        'what a mapping has for all other regions',
        {
          ...group([
            out({
              CidrIp: { 'Fn::FindInMap': ['M', ref('AWS::Region'), 'c', { DefaultValue: '0.0.0.0/0' }] },
            }),
          ]),
          Mappings: { M: { 'eu-west-1': { c: '10.0.0.0/8' } } },
        },
      ],
      [
        'a value in Systems Manager',
        group([out({ CidrIp: { 'Fn::GetAtt': ['S', 'Value'] } })], {
          S: resource('AWS::SSM::Parameter', { Type: 'String', Value: '0.0.0.0/0' }),
        }),
      ],
      [
        'a list that a condition empties',
        {
          ...group({ 'Fn::If': ['C', [out({ CidrIp: '10.0.0.0/16' })], { Ref: 'AWS::NoValue' }] }),
          ...CONDITION,
        },
      ],
    ],
    compliant: [
      ['nothing, as the CDK writes it', group([NONE]), at('SecurityGroupEgress', 0, 'CidrIp')],
      ['a network', group([out({ CidrIp: '10.0.0.0/16' })]), at('SecurityGroupEgress', 0, 'CidrIp')],
      ['a private range', group([out({ CidrIp: '10.0.0.0/8' })])],
      ['a group', group([out({ DestinationSecurityGroupId: 'sg-2' })])],
      ['a prefix list', group([out({ DestinationPrefixListId: 'pl-1' })])],
      [
        'the network of the template',
        group([out({ CidrIp: { 'Fn::GetAtt': ['V', 'CidrBlock'] } })], { V: resource('AWS::EC2::VPC') }),
      ],
      ['local IPv6', group([out({ CidrIpv6: 'fd00::/8' })])],
      ['a resource of its own', separate({ CidrIp: '10.0.0.0/16' }), at('CidrIp')],
      [
        'rules of their own only, before which the default goes',
        group([], {
          E: resource('AWS::EC2::SecurityGroupEgress', {
            GroupId: { 'Fn::GetAtt': ['It', 'GroupId'] },
            ...out({ DestinationSecurityGroupId: 'sg-2' }),
          }),
        }),
      ],
      ['a prefix list of the template', byList(ref('L'), '203.0.113.0/24')],
      ['one address behind a NAT64', group([out({ CidrIpv6: '64:ff9b::cb00:7105/128' })])],
      [
        'every private network',
        group(['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'].map((cidr) => out({ CidrIp: cidr }))),
      ],
      [
        'a value in Systems Manager',
        group([out({ CidrIp: { 'Fn::GetAtt': ['S', 'Value'] } })], {
          S: resource('AWS::SSM::Parameter', { Type: 'String', Value: '10.0.0.0/16' }),
        }),
      ],
    ],
    undecided: [
      ['a parameter without a default', { ...group([out({ CidrIp: ref('P') })]), ...parameter({}) }],
      [
        'what a function answers',
        group([out({ CidrIp: { 'Fn::GetAtt': ['C', 'Cidr'] } })], { C: resource('Custom::Range') }),
      ],
      [
        'what a function of the older type answers',
        group([out({ CidrIp: { 'Fn::Sub': '${C.Cidr}' } })], {
          C: resource('AWS::CloudFormation::CustomResource'),
        }),
      ],
      [
        'an identifier that a function gives',
        group([out({ CidrIp: ref('C') })], { C: resource('Custom::Range') }),
      ],
      [
        'an output of a stack that is elsewhere',
        group([out({ CidrIp: { 'Fn::GetAtt': ['C', 'Outputs.Cidr'] } })], {
          C: resource('AWS::CloudFormation::Stack', { TemplateURL: 'https://b/t.json' }),
        }),
      ],
      ['a list from elsewhere', group({ 'Fn::ImportValue': 'rules' })],
    ],
  },
  'app-mesh': {
    violating: [
      ...[
        'Mesh',
        'VirtualNode',
        'VirtualService',
        'VirtualRouter',
        'Route',
        'VirtualGateway',
        'GatewayRoute',
      ].map((kind) => [`a resource ${kind}`, it(`AWS::AppMesh::${kind}`, {})] as const),
      [
        'a proxy of a task',
        it('AWS::ECS::TaskDefinition', { ProxyConfiguration: { Type: 'APPMESH', ContainerName: 'envoy' } }),
        at('ProxyConfiguration', 'Type'),
      ],
      [
        'a proxy of the default type',
        it('AWS::ECS::TaskDefinition', { ProxyConfiguration: { ContainerName: 'envoy' } }),
      ],
      [
        'an Envoy of a virtual gateway',
        appMeshTask({ Image: '1.dkr.ecr.r.amazonaws.com/aws-appmesh-envoy:v1' }),
      ],
      [
        'an Envoy that is told its resource',
        appMeshTask({ Environment: [{ Name: 'APPMESH_RESOURCE_ARN', Value: 'mesh/m/virtualGateway/g' }] }),
      ],
    ],
    compliant: [
      ['a task without a proxy', it('AWS::ECS::TaskDefinition', { Family: 'f' })],
      [
        'a task with an Envoy of its own',
        it('AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Name: 'envoy', Image: 'envoy' }] }),
      ],
      ['Cloud Map', it('AWS::ServiceDiscovery::Service', { Name: 'orders' })],
      ['VPC Lattice', it('AWS::VpcLattice::Service', { AuthType: 'AWS_IAM' })],
      ['a name that only sounds so', it('AWS::ECS::Service', { ServiceName: 'AWS-AppMesh-successor' })],
    ],
  },
  'service-connect-mutual': {
    violating: [
      [
        'a name',
        ecs({ ServiceName: 'orders-mtls', ServiceConnectConfiguration: CONNECT }),
        at('ServiceName'),
      ],
      [
        'a tag',
        ecs({ ServiceConnectConfiguration: CONNECT, Tags: [{ Key: 'transport', Value: 'mutual TLS' }] }),
      ],
      ['a key of a tag', ecs({ ServiceConnectConfiguration: CONNECT, Tags: [{ Key: 'mTLS', Value: 'on' }] })],
      [
        'the discovery name',
        ecs({ ServiceConnectConfiguration: { ...CONNECT, Services: [{ PortName: 'm-tls' }] } }),
      ],
      [
        'the path of the construct',
        ecs(
          { ServiceConnectConfiguration: CONNECT },
          { Metadata: { 'aws:cdk:path': 'Shop/OrdersMtls/Resource' } },
        ),
      ],
      [
        'an alias',
        ecs({
          ServiceConnectConfiguration: {
            ...CONNECT,
            Services: [{ PortName: 'http', ClientAliases: [{ DnsName: 'mtls.orders', Port: 80 }] }],
          },
        }),
      ],
      [
        'a namespace',
        it(
          'AWS::ECS::Service',
          { ServiceConnectConfiguration: { Enabled: true, Namespace: { 'Fn::GetAtt': ['N', 'Arn'] } } },
          { N: resource('AWS::ServiceDiscovery::HttpNamespace', { Name: 'mtls.internal' }) },
        ),
      ],
      [
        'a tag of two ways',
        ecs({ ServiceConnectConfiguration: CONNECT, Tags: [{ Key: 'tls', Value: 'two-way TLS' }] }),
      ],
      [
        'a cluster',
        it('AWS::ECS::Cluster', { ClusterName: 'mutual-tls', ServiceConnectDefaults: { Namespace: 'n' } }),
      ],
    ],
    compliant: [
      [
        'encrypted',
        ecs({ ServiceName: 'orders-tls', ServiceConnectConfiguration: CONNECT }),
        at('ServiceName'),
      ],
      ['no Service Connect', ecs({ ServiceName: 'orders-mtls' })],
      [
        'turned off',
        ecs({ ServiceName: 'orders-mtls', ServiceConnectConfiguration: { Enabled: 'false' } }),
        at('ServiceConnectConfiguration', 'Enabled'),
      ],
      ...['prod-mtls/Orders/Service', 'Shop/MtlsMigration/Orders/Resource'].map(
        (path) =>
          [
            `a stack or a part that it is in, ${path}`,
            ecs({ ServiceConnectConfiguration: CONNECT }, { Metadata: { 'aws:cdk:path': path } }),
          ] as const,
      ),
      ...(
        [
          ['mtls', 'false'],
          ['note', 'one-way TLS, not mutual TLS'],
          ['ca', 'mtls-ca-of-the-edge'],
        ] as const
      ).map(
        ([key, value]) =>
          [
            `a tag ${key} = ${value}`,
            ecs({ ServiceConnectConfiguration: CONNECT, Tags: [{ Key: key, Value: value }] }),
          ] as const,
      ),
      ['a name that denies it', ecs({ ServiceName: 'orders-no-mtls', ServiceConnectConfiguration: CONNECT })],
      [
        'a reason why another rule is acknowledged',
        ecs(
          { ServiceConnectConfiguration: CONNECT },
          {
            Metadata: {
              'zero-trust-platform': {
                acknowledged: [
                  { rule: 'open-egress', reason: 'Mutual TLS is done beside it.', expires: '2027-01-01' },
                ],
              },
            },
          },
        ),
      ],
      ['another word', ecs({ ServiceName: 'team-tlsx', ServiceConnectConfiguration: CONNECT })],
      [
        'a cluster',
        it('AWS::ECS::Cluster', { ClusterName: 'shop', ServiceConnectDefaults: { Namespace: 'n' } }),
      ],
    ],
  },
  'fail-open': {
    violating: [
      [
        'an attribute of a load balancer',
        it('AWS::ElasticLoadBalancingV2::LoadBalancer', {
          LoadBalancerAttributes: [{ Key: 'waf.fail_open.enabled', Value: 'true' }],
        }),
        at('LoadBalancerAttributes', 0, 'Value'),
      ],
      [
        'a DNS firewall',
        it('AWS::Route53Resolver::FirewallConfig', { ResourceId: 'v', FirewallFailOpen: 'ENABLED' }),
        at('FirewallFailOpen'),
      ],
      [
        'a network firewall',
        it('AWS::NetworkFirewall::FirewallPolicy', {
          FirewallPolicy: { StatefulEngineOptions: { StreamExceptionPolicy: 'CONTINUE' } },
        }),
      ],
      [
        'a variable of a function',
        it('AWS::Lambda::Function', { Environment: { Variables: { FAIL_OPEN: 'true' } } }),
      ],
      [
        'a variable of a container',
        it('AWS::ECS::TaskDefinition', {
          ContainerDefinitions: [{ Environment: [{ Name: 'AUTHZ_FAIL_OPEN', Value: '1' }] }],
        }),
      ],
      [
        'a configuration in a text',
        it('AWS::SSM::Parameter', { Value: 'ext_authz: { failure_mode_allow: true }' }),
      ],
      ['JSON in a text', it('AWS::S3::Object', { Body: '{"failOpen":true}' })],
      ['code', it('AWS::Lambda::Function', { Code: { ZipFile: 'const failOpen = true;' } })],
      [
        'a property of a custom resource',
        it('Custom::Mesh', { authz: { failOpen: true } }),
        at('authz', 'failOpen'),
      ],
      ...(
        [
          ['JSON inside of JSON', JSON.stringify({ a: JSON.stringify({ failOpen: true }) })],
          ["JSON of Envoy's protocol", JSON.stringify({ failureModeAllow: true })],
          ['YAML with a dash', 'waf:\n  fail-open: true'],
          ['YAML that says yes', 'fail_open: yes'],
          ['what does not close', 'fail_closed: false'],
        ] as const
      ).map(([name, value]) => [name, variables({ CONFIG: value })] as const),
      ['a variable that does not close', variables({ FAIL_CLOSED: 'false' })],
      ['a mode', variables({ FAILURE_MODE: 'open' }), at('Environment', 'Variables', 'FAILURE_MODE')],
      ...[
        ['proxy', '--fail-open'],
        ['proxy', '--fail-open=true'],
        ['sh', '-c', 'FAIL_OPEN=1 proxy'],
      ].map(
        (command) =>
          [
            `a command, ${command.join(' ')}`,
            it('AWS::ECS::TaskDefinition', { ContainerDefinitions: [{ Command: command }] }),
          ] as const,
      ),
      [
        'a webhook of Kubernetes',
        it('Custom::AWSCDK-EKS-KubernetesResource', {
          Manifest: '[{"kind":"ValidatingWebhookConfiguration","webhooks":[{"failurePolicy":"Ignore"}]}]',
        }),
      ],
      [
        'what an instance is started with',
        it('AWS::EC2::Instance', {
          UserData: { 'Fn::Base64': { 'Fn::Sub': 'fail_open: true # ${AWS::Region}' } },
        }),
      ],
    ],
    compliant: [
      [
        'what opens where the resource is not there',
        {
          Resources: {
            It: {
              ...resource('AWS::Route53Resolver::FirewallConfig', {
                FirewallFailOpen: { 'Fn::If': ['C', 'DISABLED', 'ENABLED'] },
              }),
              Condition: 'C',
            },
          },
          ...CONDITION,
        },
      ],
      [
        'a description',
        it('AWS::Lambda::Function', { Description: 'Alarms when somebody sets failOpen: true' }),
      ],
      ...[
        '// never failOpen: true\nrun();',
        'run() # not fail_open=true',
        '/* failOpen = true */ run();',
      ].map(
        (code) => [`a comment, ${code}`, it('AWS::Lambda::Function', { Code: { ZipFile: code } })] as const,
      ),
      [
        'what a log is searched for',
        it('AWS::Logs::QueryDefinition', { Name: 'q', QueryString: 'filter @message like "failOpen=true"' }),
      ],
      [
        'code that asks',
        it('AWS::Lambda::Function', { Code: { ZipFile: 'if (failOpen === true) refuse();' } }),
      ],
      ['a variable that closes', variables({ FAIL_CLOSED: 'true', FAILURE_MODE: 'closed' })],
      [
        'a command',
        it('AWS::ECS::TaskDefinition', {
          ContainerDefinitions: [{ Command: ['proxy', '--fail-open=false'] }],
        }),
      ],
      [
        'a webhook of Kubernetes',
        it('Custom::AWSCDK-EKS-KubernetesResource', {
          Manifest: '[{"webhooks":[{"failurePolicy":"Fail"}]}]',
        }),
      ],
      [
        'an attribute of a load balancer',
        it('AWS::ElasticLoadBalancingV2::LoadBalancer', {
          LoadBalancerAttributes: [{ Key: 'waf.fail_open.enabled', Value: 'false' }],
        }),
        at('LoadBalancerAttributes', 0, 'Value'),
      ],
      [
        'a DNS firewall',
        it('AWS::Route53Resolver::FirewallConfig', { FirewallFailOpen: 'DISABLED' }),
        at('FirewallFailOpen'),
      ],
      [
        'a network firewall',
        it('AWS::NetworkFirewall::FirewallPolicy', {
          FirewallPolicy: { StatefulEngineOptions: { StreamExceptionPolicy: 'DROP' } },
        }),
      ],
      ['a variable', it('AWS::Lambda::Function', { Environment: { Variables: { FAIL_OPEN: '0' } } })],
      ['a configuration in a text', it('AWS::SSM::Parameter', { Value: 'failure_mode_allow: false' })],
      [
        'another attribute',
        it('AWS::ElasticLoadBalancingV2::LoadBalancer', {
          LoadBalancerAttributes: [{ Key: 'deletion_protection.enabled', Value: 'true' }],
        }),
      ],
    ],
    undecided: [
      [
        'a parameter without a default',
        { ...it('AWS::Route53Resolver::FirewallConfig', { FirewallFailOpen: ref('P') }), ...parameter({}) },
      ],
      [
        'what a function answers',
        it(
          'AWS::Route53Resolver::FirewallConfig',
          { FirewallFailOpen: { 'Fn::GetAtt': ['C', 'Open'] } },
          { C: resource('Custom::Flag') },
        ),
      ],
    ],
  },
};
