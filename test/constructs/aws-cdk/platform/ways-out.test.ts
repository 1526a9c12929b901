import { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
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
/** Stands for a network of the user's. */
const OWN = {} as Vpc;

test('a model without ways out gets neither a gateway nor a DNS firewall, and may not be told how they run', () => {
  const { egress, dnsFirewall, mesh } = made({ model }).platform;
  expect([egress, dnsFirewall, mesh.keyTunnel]).toEqual([undefined, undefined, undefined]);
  expect(() => made({ model, egress: { minTasks: 3 } })).toThrow(
    expect.objectContaining({ code: 'no-egress' }) as ConstructError,
  );
});

test('in a network of its own the platform judges look-ups, unless somebody says why not and until when', () => {
  expect(made().platform.dnsFirewall).toBeDefined();
  const { stack, platform: without } = made({ egress: { withoutDnsFirewall: weakening } });
  expect([without.egress === undefined, without.dnsFirewall]).toEqual([false, undefined]);
  Annotations.fromStack(stack).hasWarning(
    '*',
    Match.stringLikeRegexp('withoutDnsFirewall: names are judged'),
  );
  expect(() => made({ egress: { withoutDnsFirewall: { reason: 'x', expires: '2020-01-01' } } })).toThrow(
    /weakening/,
  );
  expect(() => made({ egress: { withoutDnsFirewall: weakening, dnsFirewall: {} } })).toThrow(
    /asked for and given up/,
  );
});

test('in a network of yours it is there if you ask, and a note says so if you do not', () => {
  const { stack, platform: plain } = made({ vpc: OWN });
  expect(plain.dnsFirewall).toBeUndefined();
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
  const { stack, platform: found } = made();
  expect(Stack.of(found.egress!).nestedStackParent).toBe(stack);
  expect(Stack.of(found.mesh.network('egress').securityGroup)).toBe(stack);
});
