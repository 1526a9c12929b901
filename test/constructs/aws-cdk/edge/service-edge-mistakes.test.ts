import '../support/bundles.js';
import { type App, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket, type CfnBucket } from 'aws-cdk-lib/aws-s3';
import { TokenAuthorizer } from '../../../../constructs/aws-cdk/authorizer/index.js';
import { EdgeApi, type ServiceEdgeProps } from '../../../../constructs/aws-cdk/edge/index.js';
import { loginPlan } from '../login/world.js';
import { ENV, mistake } from '../support/app.js';
import { certificatePlan, grpcPlan, internalPlan, plan, planFor } from '../support/plan.js';
import { edge, withDomain } from './edge-of-orders.js';

test.each<[string, string, (stack: Stack) => Partial<ServiceEdgeProps>]>([
  ['no firewall', 'edge-without-firewall', () => ({ firewall: undefined })],
  ['a service that the plan does not have', 'unknown-service', () => ({ service: 'order' })],
  ['a service that users do not reach', 'unknown-service', () => ({ service: 'stock' })],
  ['a plan without public services', 'unknown-service', () => ({ plan: internalPlan })],
  ['a service with login', 'edge-of-login', () => ({ plan: loginPlan, service: 'desk' })],
  ['gRPC', 'edge-protocol', () => ({ plan: grpcPlan, service: 'payments' })],
  ["a rule on the client's certificate", 'no-client-certificate', () => ({ plan: certificatePlan })],
  [
    'bodies above what API Gateway takes',
    'body-too-large',
    () => ({ plan: planFor({ firewall: { maxBodyBytes: 20_000_000 } }) }),
  ],
  ['networks without a prefix', 'malformed-network', () => ({ allowedNetworks: ['198.51.100.7'] })],
  [
    'a network of an address that is none',
    'malformed-network',
    () => ({ allowedNetworks: ['999.1.1.1/24'] }),
  ],
  ['a network of three parts', 'malformed-network', () => ({ allowedNetworks: ['198.51.100/24'] })],
  ['a domain without a certificate', 'missing', () => ({ domain: {} as never })],
  [
    'a proof of ownership of another region',
    'other-environment',
    (stack) =>
      withDomain(stack, {
        mutualTls: {
          bucket: Bucket.fromBucketName(stack, 'Bucket', 'trust'),
          key: 'clients.pem',
          version: 'v1',
          ownership: Certificate.fromCertificateArn(
            stack,
            'Ownership',
            'arn:aws:acm:us-east-1:111122223333:certificate/1a2b',
          ),
        },
      }),
  ],
  ['the whole internet as a network', 'malformed-network', () => ({ allowedNetworks: ['0.0.0.0/0'] })],
  ['a text in place of networks', 'malformed-network', () => ({ allowedNetworks: '10.0.0.0/8' as never })],
  ['no network at all', 'malformed-network', () => ({ allowedNetworks: [] })],
  ['a limit that refuses everybody', 'out-of-range', () => ({ throttle: { rate: 0, burst: 1 } })],
  ['a port that is none', 'out-of-range', () => ({ port: 70_000 })],
  ['a stage that only a deployment names', 'literal-needed', (stack) => ({ stageName: stack.stackId })],
  [
    'a version of TLS that only JavaScript could say',
    'unknown-tls-version',
    () => ({ minimumTls: '1.1' as never }),
  ],
  [
    'such a version with client certificates',
    'unknown-tls-version',
    (stack) => ({
      minimumTls: '1.1' as never,
      ...withDomain(stack, {
        mutualTls: {
          bucket: Bucket.fromBucketName(stack, 'Bucket', 'trust'),
          key: 'clients.pem',
          version: 'v1',
        },
      }),
    }),
  ],
  [
    'TLS 1.3 with client certificates',
    'mutual-tls-version',
    (stack) => ({
      minimumTls: '1.3',
      ...withDomain(stack, {
        mutualTls: {
          bucket: Bucket.fromBucketName(stack, 'Bucket', 'trust'),
          key: 'clients.pem',
          version: 'v1',
        },
      }),
    }),
  ],
  [
    'a trust store without a version',
    'trust-store-version',
    (stack) =>
      withDomain(stack, {
        mutualTls: {
          bucket: Bucket.fromBucketName(stack, 'Bucket', 'trust'),
          key: 'clients.pem',
          version: '',
        },
      }),
  ],
  ...[undefined, 'null'].map((version): [string, string, (stack: Stack) => Partial<ServiceEdgeProps>] => [
    `a trust store of the version ${version}, which is written over`,
    'trust-store-version',
    (stack) => {
      const bucket = Bucket.fromBucketName(stack, 'Bucket', 'trust');
      return withDomain(stack, { mutualTls: { bucket, key: 'clients.pem', version: version as string } });
    },
  ]),
  [
    'a trust store in a bucket that keeps no more versions',
    'trust-store-version',
    (stack) => {
      const bucket = new Bucket(stack, 'Bucket', { versioned: true });
      (bucket.node.defaultChild as CfnBucket).versioningConfiguration = { status: 'Suspended' };
      return withDomain(stack, { mutualTls: { bucket, key: 'clients.pem', version: 'v1' } });
    },
  ],
  [
    'a trust store in no bucket',
    'trust-store-version',
    (stack) =>
      withDomain(stack, { mutualTls: { bucket: undefined as never, key: 'clients.pem', version: 'v1' } }),
  ],
  [
    'a trust store in a bucket that keeps no versions',
    'trust-store-version',
    (stack) =>
      withDomain(stack, {
        mutualTls: { bucket: new Bucket(stack, 'Bucket'), key: 'clients.pem', version: 'v1' },
      }),
  ],
  [
    'a zone of another domain',
    'host-outside-zone',
    (stack) =>
      withDomain(stack, {
        hostedZone: HostedZone.fromHostedZoneAttributes(stack, 'Zone', {
          hostedZoneId: 'Z1',
          zoneName: 'other.example',
        }),
      }),
  ],
  [
    'the API of another service',
    'api-of-another-edge',
    (stack) => ({ api: new EdgeApi(stack, 'Other', { plan, service: 'reports' }) }),
  ],
])('%s is an error', (_, code, props) => {
  expect(mistake((scope) => edge(scope as Stack, props(scope as Stack))).code).toBe(code);
});

test('what gRPC could do instead is what this library makes', () => {
  const error = mistake((scope) => edge(scope as Stack, { plan: grpcPlan, service: 'payments' }));
  expect(error.message).toContain('expected a service that speaks http)');
  expect(error.message).not.toContain('load-balancer');
});

test('an authorizer of another stack is an error that names both', () => {
  const error = mistake((scope) => {
    const other = new Stack(scope.node.root as App, 'Other', { env: ENV });
    const authorizer = new TokenAuthorizer(other, 'Authorizer', { plan, services: ['orders'] });
    return edge(scope as Stack, { authorizer });
  });
  expect(error.code).toBe('api-in-another-stack');
});
