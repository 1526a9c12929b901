import { join, relative } from 'node:path';
import { ApiObject, App } from 'cdk8s';
import { table } from '../../../cli/text.js';
import { shopPlatform } from '../../cdk8s/shop-platform.js';

/** What each part is, in words. */
const PARTS: Readonly<Record<string, string>> = {
  namespace: 'the namespace, enrolled in the mesh, and an account for each workload',
  prerequisites: 'what the rest relies on, for `ztp check --cluster`',
  certificates: 'who signs workloads, and which roots they believe',
  network: 'default deny, and the flows of the policy',
  mesh: 'the access policy itself, for Istio',
  decision: 'what decides tokens, as a Deployment behind its sidecar',
  egress: 'the one way out, and the hosts that the model names',
  ingress: 'the gateway through which users come, for Envoy Gateway',
  visibility: 'the decision log, and alarms',
  guard: 'what the API server refuses',
};

/** Write the shop's manifests for Kubernetes, and print what they are, file by file. */
export function printManifests(root: string): void {
  const outdir = join(root, 'examples', 'cdk8s', 'dist');
  const app = new App({ outdir });
  const { charts } = shopPlatform(app);
  app.synth();
  const rows = charts.map((chart) => {
    const part = chart.node.id.replace(/^\d+-/, '');
    return [
      chart.node.id,
      `${chart.node.findAll().filter((each) => ApiObject.isApiObject(each)).length} objects`,
      PARTS[part] ?? part,
    ] as const;
  });
  console.log(`\nThe same model on Kubernetes, in ${relative(root, outdir)}:\n`);
  console.log(table(rows));
}
