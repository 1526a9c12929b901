import { App, Testing } from 'cdk8s';
import { shopPlatform } from '../../../examples/cdk8s/shop-platform.js';
import { ShopOnEks } from '../../../examples/eks/shop-on-eks.js';
import type { NetworkPolicy } from '../../../lib/kubernetes/kinds/index.js';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { TEST_ENVIRONMENT, testApp } from '../../support/aws/synth.js';
import { templatesOf } from '../../support/aws/template.js';

const MANIFEST = 'Custom::AWSCDK-EKS-KubernetesResource';

const app = testApp();
new ShopOnEks(app, 'ShopOnEks', {
  env: TEST_ENVIRONMENT,
  kubectlLayer: 'arn:aws:lambda:eu-central-1:000000000000:layer:kubectl:1',
});
const resources = templatesOf(app.synth().directory).flatMap((template) =>
  Object.entries(template.resources),
);
const applied = resources
  .filter(([, { Type }]) => Type === MANIFEST)
  .map(([id, resource]) => ({
    id,
    objects: JSON.parse(resource.Properties!['Manifest'] as string) as KubernetesObject[],
    after: (resource['DependsOn'] ?? []) as readonly string[],
  }));

const namesOf = (objects: readonly KubernetesObject[]) =>
  objects.map(({ kind, metadata: { name } }) => `${kind} ${name}`);

test('each chart is applied after the one before it, and nothing of the manifests is left out', () => {
  const { charts } = shopPlatform(new App());
  expect(applied.map(({ objects }) => namesOf(objects))).toEqual(
    charts.map((chart) => namesOf(Testing.synth(chart) as KubernetesObject[])),
  );
  for (const [index, { after }] of applied.slice(1).entries()) expect(after).toContain(applied[index]!.id);
});

test('the decision service is let to the API server of EKS, which listens on 443 in the network of the cluster', () => {
  const network = resources.find(([, { Type }]) => Type === 'AWS::EC2::VPC')![1].Properties!['CidrBlock'];
  const policy = applied
    .flatMap(({ objects }) => objects)
    .find(({ kind, metadata: { name } }) => kind === 'NetworkPolicy' && name === 'decision');
  expect((policy as unknown as NetworkPolicy).spec.egress).toContainEqual({
    to: [{ ipBlock: { cidr: network } }],
    ports: [{ port: 443, protocol: 'TCP' }],
  });
});

test('the role that applies them is one of the deployers whom the guards know', () => {
  const entries = resources.filter(([, { Type }]) => Type === 'AWS::EKS::AccessEntry');
  expect(entries.map(([, { Properties }]) => Properties!['KubernetesGroups'])).toEqual([
    ['zero-trust-deployers'],
  ]);
  expect(JSON.stringify(applied)).toContain("exists(group, group in ['zero-trust-deployers'])");
});
