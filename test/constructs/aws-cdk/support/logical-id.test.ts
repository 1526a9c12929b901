import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { logicalId, pinLogicalIds, type Renames } from '../../../../constructs/aws-cdk/support/logical-id.js';
import { publicPlan } from './plan.js';

/** Logical IDs of a bucket below some constructs. */
function idsBelow(path: readonly string[], key: string, renames?: Renames): string[] {
  const stack = new Stack(new App(), 'Test');
  const place = path.reduce<Construct>((scope, id) => new Construct(scope, id), stack);
  new Bucket(place, 'Configuration');
  pinLogicalIds(place, key, renames);
  return Object.keys(Template.fromStack(stack).findResources('AWS::S3::Bucket'));
}

test('an ID says what it is, and takes letters and digits only', () => {
  expect(logicalId('services/orders/sidecar', ['Log-Group'])).toMatch(
    /^ServicesOrdersSidecarLogGroup[0-9A-F]{8}$/,
  );
  for (const key of Object.values(publicPlan.services).map((service) => service.key)) {
    expect(logicalId(key)).toMatch(/^[A-Za-z0-9]+$/);
  }
});

test('keys that read alike do not collide', () => {
  const pairs: (readonly [string, readonly string[]])[] = [
    ['services/a-b', []],
    ['services/aB', []],
    ['services/a', ['b']],
    ['services/a/b', []],
    ['services', ['a', 'b']],
    ['services', ['a/b']],
  ];
  expect(new Set(pairs.map(([key, place]) => logicalId(key, place))).size).toBe(pairs.length);
});

test('a very long place still fits', () => {
  expect(
    logicalId(
      'services/orders',
      Array.from({ length: 40 }, () => 'Construct'),
    ).length,
  ).toBeLessThanOrEqual(255);
});

test('where the construct stands changes nothing, its key does', () => {
  const [id] = idsBelow(['Platform', 'Orders'], 'services/orders');
  expect(idsBelow(['Shop', 'Deeper', 'Still'], 'services/orders')).toEqual([id]);
  expect(idsBelow(['Platform', 'Orders'], 'services/reports')).not.toEqual([id]);
});

test('a rename keeps what is deployed', () => {
  const [id] = idsBelow(['Platform'], 'services/orders');
  expect(idsBelow(['Platform'], 'services/orders', { [id!]: 'OldConfiguration1234' })).toEqual([
    'OldConfiguration1234',
  ]);
});
