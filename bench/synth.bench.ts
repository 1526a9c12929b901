import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, CfnResource, NestedStack, Stack } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { ShopStack } from '../examples/aws-cdk/shop-stack.js';
import type { Benchmark } from './harness.js';

/** The validator costs the same for the same templates, and two seconds of every process. */
process.env['CDK_VALIDATION'] = 'false';

/** With an account, as one that deploys; the zones are what a look-up would have cached. */
const env = { account: '111122223333', region: 'eu-central-1' };
const context = {
  [`availability-zones:account=${env.account}:region=${env.region}`]: ['eu-central-1a', 'eu-central-1b'],
};

interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** What is made again, resource by resource, with what the templates say. */
interface Recorded {
  /** Resources of each template; the first is the stack's own. */
  readonly templates: readonly (readonly (readonly [id: string, resource: Resource])[])[];
  /** Folders of the assets. */
  readonly assets: readonly string[];
}

export const benchmark: Benchmark = {
  name: 'synth',
  description: 'synthesis of the shop for AWS, beside a replay of the same resources and assets as L1s',
  cases: [
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'ztp-bench-synth-'));
      let runs = 0;
      const outdir = () => join(folder, String((runs += 1)));
      const recorded = record(shop(outdir()));
      const repeated = (once: (output: string) => string) => (iterations: number) => {
        for (let done = 0; done < iterations; done += 1) {
          const output = outdir();
          once(output);
          // The replay reads the assets of the first.
          rmSync(output, { recursive: true });
        }
      };
      return {
        size: `${recorded.templates.flat().length} resources`,
        subjects: [
          { name: 'L1 replay', run: repeated((output) => replay(recorded, output)) },
          { name: 'shop', run: repeated(shop) },
        ],
        close: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  ],
};

function shop(outdir: string): string {
  const app = new App({ outdir, context });
  new ShopStack(app, 'Shop', { env });
  return app.synth().directory;
}

function record(assembly: string): Recorded {
  const files = readdirSync(assembly);
  const templates = files
    .filter((name) => name.endsWith('.template.json'))
    // The stack's own is the one that is no nested one's.
    .sort((one, other) => Number(one.includes('.nested.')) - Number(other.includes('.nested.')))
    .map((name) => {
      const { Resources } = JSON.parse(readFileSync(join(assembly, name), 'utf8')) as {
        Resources: Record<string, Resource>;
      };
      return Object.entries(Resources).filter(([, { Type }]) => Type !== 'AWS::CloudFormation::Stack');
    });
  const assets = files.filter((name) => name.startsWith('asset.')).map((name) => join(assembly, name));
  return { templates, assets };
}

function replay({ templates, assets }: Recorded, outdir: string): string {
  const app = new App({ outdir, context });
  const stack = new Stack(app, 'Shop', { env });
  templates.forEach((resources, index) => {
    const home = index === 0 ? stack : new NestedStack(stack, `Part${index}`);
    for (const [id, { Type: type, Properties: properties = {} }] of resources) {
      new CfnResource(home, id, { type, properties: { ...properties } });
    }
  });
  assets.forEach((path, index) => new Asset(stack, `Asset${index}`, { path }));
  return app.synth().directory;
}
