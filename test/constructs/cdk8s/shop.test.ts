import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Testing } from 'cdk8s';
import { chartId, PARTS } from '../../../constructs/cdk8s/support/chart-id.js';
import { shopPlatform } from '../../../examples/cdk8s/shop-platform.js';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { expectGolden } from '../../golden.js';
import { problemsOf } from '../../kubernetes/validate.js';
import { stringify } from 'yaml';

const outdir = mkdtempSync(join(tmpdir(), 'zero-trust-platform-charts-'));
afterAll(() => rmSync(outdir, { recursive: true }));

const app = new App({ outdir });
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

test('by their names the files are in the order of the charts: the shop has every part there is', () => {
  app.synth();
  expect(charts.map(({ name }) => name)).toEqual(PARTS.map(chartId));
  const files = readdirSync(outdir).toSorted();
  expect(files).toEqual(charts.map(({ name }) => expect.stringContaining(`shop-${name}-`)));
});

test('what is about images is known to the guards before it runs', () => {
  const names = charts.map(({ name }) => name);
  const guards = names.indexOf(chartId('guard'));
  const running = charts.filter(({ objects }) => objects.some(({ kind }) => kind === 'Deployment'));
  expect(running.map(({ name }) => names.indexOf(name)).filter((index) => index < guards)).toEqual([]);
  expect(running).toHaveLength(2);
});
