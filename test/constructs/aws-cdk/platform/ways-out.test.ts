import { Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { type IVpc, Vpc } from 'aws-cdk-lib/aws-ec2';
import { allowOut, workload, type ZeroTrustModel } from 'zero-trust-platform';
import type { ConstructError, ZeroTrustPlatformProps } from 'zero-trust-platform/aws-cdk';
import { model, platform, stackOf } from './mistaken.js';

const outside: ZeroTrustModel = {
  ...model,
  egress: [allowOut(workload('web')).to('https://api.bank.example')],
};
const weakening = { reason: 'names are judged by the company resolver', expires: '2099-01-01' };
const made = (props: Partial<ZeroTrustPlatformProps> = {}) => {
  const stack = stackOf();
  const vpc = props.vpc && new Vpc(stack, 'Own', { maxAzs: 2 });
  return { stack, platform: platform(stack, { model: outside, ...props, ...(vpc && { vpc }) }) };
};
/** A platform with every default. */
const plain = made();
/** Stands for a network of the user's. */
const OWN = {} as Vpc;

test('a model without ways out may not be told how they run', () => {
  expect(() => made({ model, egress: { minTasks: 3 } })).toThrow(
    expect.objectContaining({ code: 'no-egress' }) as ConstructError,
  );
});

test('in a network of its own the platform judges look-ups, unless somebody says why not and until when', () => {
  expect(plain.platform.dnsFirewall).toBeDefined();
  const { stack, platform: without } = made({ egress: { withoutDnsFirewall: weakening } });
  expect([without.egress === undefined, without.dnsFirewall]).toEqual([false, undefined]);
  Annotations.fromStack(stack).hasWarning(
    '*',
    Match.stringLikeRegexp('withoutDnsFirewall: names are judged'),
  );
  expect(() => made({ egress: { withoutDnsFirewall: weakening, dnsFirewall: {} } })).toThrow(
    /asked for and given up/,
  );
});

test('in a network of yours it is there if you ask, and a note says so if you do not', () => {
  const { stack, platform: silent } = made({ vpc: OWN });
  expect(silent.dnsFirewall).toBeUndefined();
  Annotations.fromStack(stack).hasInfo('*', Match.stringLikeRegexp('look-ups are not judged'));
  const asked = made({
    vpc: OWN,
    egress: { dnsFirewall: { allowedDomains: ['db.corp.example'], priority: 500 } },
  });
  const { dnsFirewall } = asked.platform;
  expect(dnsFirewall).toBeDefined();
  expect(Stack.of(dnsFirewall!)).toBe(asked.stack);
});

test('the gateway stands in a stack of its own, and nothing else of the platform moves with it', () => {
  const { stack, platform: found } = plain;
  expect(Stack.of(found.egress!).nestedStackParent).toBe(stack);
  expect(Stack.of(found.mesh.network('egress').securityGroup)).toBe(stack);
});

test('a Network Firewall stands below where it is asked for, and moves nothing of the network', () => {
  const { stack, platform: guarded } = made({ egress: { networkFirewall: {} } });
  const without = plain.platform;
  expect(guarded.networkFirewall).toBeDefined();
  expect(without.networkFirewall).toBeUndefined();
  const ranges = ({ vpc }: { vpc: IVpc }) =>
    [...vpc.publicSubnets, ...vpc.privateSubnets].map(({ ipv4CidrBlock }) => ipv4CidrBlock);
  expect(ranges(guarded)).toEqual(ranges(without));
  const routes = Template.fromStack(stack).findResources('AWS::EC2::Route');
  const open = Object.values(routes).filter(
    ({ Properties }) => Properties.DestinationCidrBlock === '0.0.0.0/0',
  );
  // Of two zones: to the internet from where NAT is, to NAT from the firewall, to the firewall from all else.
  const targets = open.map(
    ({ Properties }) => Object.keys(Properties).find((key) => /^(Gateway|Nat|Vpc)/.test(key))!,
  );
  expect(targets.sort((a, b) => a.localeCompare(b))).toEqual(
    ['Gateway', 'NatGateway', 'VpcEndpoint'].flatMap((by) => [`${by}Id`, `${by}Id`]),
  );
  expect(() => made({ vpc: OWN, egress: { networkFirewall: {} } })).toThrow(
    expect.objectContaining({ code: 'no-endpoint-subnets' }) as ConstructError,
  );
});
