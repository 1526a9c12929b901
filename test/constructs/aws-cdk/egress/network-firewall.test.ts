import { Fn, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type CfnRoute, IpAddresses, SubnetType, Vpc, type VpcProps } from 'aws-cdk-lib/aws-ec2';
import { CfnFirewallPolicy } from 'aws-cdk-lib/aws-networkfirewall';
import { NetworkFirewall, outsideHostsOf } from '../../../../constructs/aws-cdk/egress/index.js';
import { mistake, onlyResource, testStack } from '../support/app.js';
import { egressWorld } from './world.js';

/** Made anew each time: a Vpc writes into what it is given. */
const network = (): VpcProps => ({
  ipAddresses: IpAddresses.cidr('10.0.0.0/16'),
  availabilityZones: ['eu-west-1a', 'eu-west-1b'],
  natGateways: 1,
  subnetConfiguration: [
    { name: 'nat', subnetType: SubnetType.PUBLIC },
    { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    { name: 'firewall', subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 28 },
  ],
});

function made() {
  const stack = testStack();
  const vpc = new Vpc(stack, 'Vpc', network());
  const firewall = new NetworkFirewall(stack, 'Lock', {
    vpc,
    endpointSubnets: { subnetGroupName: 'firewall' },
    allowedHosts: ['api.bank.example', 'api.bank.example', 'mail.example'],
  });
  return { stack, vpc, firewall };
}

test('TLS to the hosts passes, in the order that is written, and whatever is established otherwise is dropped', () => {
  const template = Template.fromStack(made().stack);
  expect(onlyResource(template, 'AWS::NetworkFirewall::RuleGroup')).toMatchObject({
    Type: 'STATEFUL',
    RuleGroup: {
      RulesSource: {
        RulesSourceList: {
          GeneratedRulesType: 'ALLOWLIST',
          TargetTypes: ['TLS_SNI'],
          Targets: ['api.bank.example', 'mail.example'],
        },
      },
      StatefulRuleOptions: { RuleOrder: 'STRICT_ORDER' },
    },
  });
  expect(onlyResource(template, 'AWS::NetworkFirewall::FirewallPolicy')['FirewallPolicy']).toMatchObject({
    StatelessDefaultActions: ['aws:forward_to_sfe'],
    StatelessFragmentDefaultActions: ['aws:forward_to_sfe'],
    StatefulDefaultActions: ['aws:drop_established', 'aws:alert_established'],
    StatefulEngineOptions: { RuleOrder: 'STRICT_ORDER', StreamExceptionPolicy: 'REJECT' },
  });
});

test('both ways of a zone lead through one endpoint, and none around it', () => {
  const { stack, vpc } = made();
  const template = Template.fromStack(stack);
  const tables = new Map(
    [...vpc.publicSubnets, ...vpc.privateSubnets, ...vpc.isolatedSubnets].map((subnet) => [
      JSON.stringify(stack.resolve(subnet.routeTable.routeTableId)),
      subnet.node.id,
    ]),
  );
  const endpointAt = (value: unknown) =>
    /"Fn::Select":\[(\d),\{"Fn::GetAtt":\["LockFirewall/.exec(JSON.stringify(value))?.[1];
  const cidrs = vpc.privateSubnets.map(({ ipv4CidrBlock }) => ipv4CidrBlock);
  const routes = Object.values(template.findResources('AWS::EC2::Route')).map(({ Properties: route }) => {
    const at = cidrs.indexOf(route.DestinationCidrBlock);
    const to = at >= 0 ? `private ${at + 1}` : route.DestinationCidrBlock;
    const by = route.VpcEndpointId
      ? `endpoint ${endpointAt(route.VpcEndpointId)}`
      : route.NatGatewayId
        ? 'nat'
        : 'internet';
    return `${tables.get(JSON.stringify(route.RouteTableId))} → ${to} by ${by}`;
  });
  expect(routes.sort()).toEqual([
    'firewallSubnet1 → 0.0.0.0/0 by nat',
    'firewallSubnet2 → 0.0.0.0/0 by nat',
    'natSubnet1 → 0.0.0.0/0 by internet',
    'natSubnet1 → private 1 by endpoint 0',
    'natSubnet1 → private 2 by endpoint 1',
    'natSubnet2 → 0.0.0.0/0 by internet',
    'natSubnet2 → private 1 by endpoint 0',
    'natSubnet2 → private 2 by endpoint 1',
    'privateSubnet1 → 0.0.0.0/0 by endpoint 0',
    'privateSubnet2 → 0.0.0.0/0 by endpoint 1',
  ]);
});

test('an override that lets through what is on no list stops synthesis', () => {
  const { firewall, stack } = made();
  expect(firewall.node.validate()).toEqual([]);
  const policy = stack.node.findAll().find((node) => node instanceof CfnFirewallPolicy)!;
  policy.addPropertyOverride('FirewallPolicy.StatefulDefaultActions', ['aws:alert_established']);
  expect(firewall.node.validate().join()).toMatch(/^not-as-made: /);
});

test('a way out that is led around it stops synthesis', () => {
  const { firewall, vpc } = made();
  const route = vpc.privateSubnets[0]!.node.findChild('DefaultRoute') as CfnRoute;
  route.addPropertyOverride('NatGatewayId', 'nat-1');
  expect(firewall.node.validate().join()).toMatch(/^not-as-made: .*NatGatewayId/);
});

test("a mesh's hosts are those of its egress rules and of its issuers", () => {
  expect(outsideHostsOf(egressWorld().mesh)).toEqual([
    'api.bank.example',
    'mail.example',
    'keys.shop.example',
  ]);
});

test('a host and all below it is said by a dot, and a name that only the deployment knows is not judged', () => {
  const stack = testStack();
  const vpc = new Vpc(stack, 'Vpc', network());
  const later = Fn.importValue('IssuerHost');
  new NetworkFirewall(stack, 'Lock', {
    vpc,
    endpointSubnets: { subnetGroupName: 'firewall' },
    allowedHosts: ['.shop.example', later],
  });
  Template.fromStack(stack).hasResourceProperties('AWS::NetworkFirewall::RuleGroup', {
    RuleGroup: {
      RulesSource: { RulesSourceList: { Targets: ['.shop.example', { 'Fn::ImportValue': 'IssuerHost' }] } },
    },
  });
});

test.each<[string, string, (vpc: Vpc) => { endpointSubnets: object; allowedHosts: string[] }]>([
  ...[
    ['every name', '*'],
    ['all below a top-level domain', '.com'],
    ['nothing', ''],
    ['an address', 'https://api.bank.example/x'],
    ['a name of capitals', 'API.bank.example'],
    ["the other firewall's wildcard", '*.bank.example'],
    ['a number', 5],
  ].map(([what, host]): [string, string, () => { endpointSubnets: object; allowedHosts: string[] }] => [
    `${what} for a host`,
    'no-domain',
    () => ({
      endpointSubnets: { subnetGroupName: 'firewall' },
      allowedHosts: ['api.bank.example', host as string],
    }),
  ]),
  [
    'no list',
    'out-of-range',
    () => ({ endpointSubnets: { subnetGroupName: 'firewall' }, allowedHosts: undefined as never }),
  ],
  ['no host', 'out-of-range', () => ({ endpointSubnets: { subnetGroupName: 'firewall' }, allowedHosts: [] })],
  [
    'endpoints in one zone of two',
    'firewall-zones',
    (vpc) => ({ endpointSubnets: { subnets: [vpc.isolatedSubnets[0]] }, allowedHosts: ['a.example'] }),
  ],
])('%s is a mistake', (_what, code, props) => {
  const found = mistake((scope) => {
    const vpc = new Vpc(scope as Stack, 'Vpc', network());
    return new NetworkFirewall(scope, 'Lock', { vpc, ...props(vpc) });
  });
  expect(found.code).toBe(code);
});

test('a network whose routes are made elsewhere is a mistake', () => {
  const found = mistake((scope) => {
    const vpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
      vpcId: 'vpc-1',
      availabilityZones: ['eu-west-1a'],
      publicSubnetIds: ['subnet-1'],
      publicSubnetRouteTableIds: ['rtb-1'],
      privateSubnetIds: ['subnet-2'],
      isolatedSubnetIds: ['subnet-3'],
      isolatedSubnetRouteTableIds: ['rtb-3'],
    });
    const endpointSubnets = { subnetType: SubnetType.PRIVATE_ISOLATED };
    return new NetworkFirewall(scope, 'Lock', { vpc, endpointSubnets, allowedHosts: ['a.example'] });
  });
  expect(found.code).toBe('routes-unknown');
});
