import { App, Testing } from 'cdk8s';
import { shopPlatform } from '../../../examples/cdk8s/shop-platform.js';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { expectGolden } from '../../golden.js';
import { problemsOf } from '../../kubernetes/validate.js';
import { stringify } from 'yaml';

const app = new App();
const platform = shopPlatform(app);
const charts = platform.charts.map((chart) => ({
  name: chart.node.id,
  objects: Testing.synth(chart) as KubernetesObject[],
}));

test.each(charts)('the manifests of $name are those that are committed', ({ name, objects }) => {
  const text = objects.map((object) => stringify(object, { lineWidth: 0 })).join('---\n');
  expectGolden(`kubernetes/${name}.yaml`, text);
});

test('the API server takes every object: schema, unknown fields, rules in CEL', () => {
  const objects = charts.flatMap((chart) => chart.objects);
  expect(objects.length).toBeGreaterThan(30);
  expect(objects.map((object) => [object.kind, object.metadata.name, problemsOf(object)])).toEqual(
    objects.map((object) => [object.kind, object.metadata.name, []]),
  );
});
