import { execFileSync, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { proveMutation } from './prove/mutation.js';

/** How a part of the proof ended, in a line. */
export interface Outcome {
  readonly holds: boolean;
  readonly summary: string;
}

const parts = {
  mutation: {
    title: 'Every leaf of the generated Envoy configuration is needed by somebody',
    prove: proveMutation,
  },
  'policy-mutation': {
    title:
      'Every operator of the policy and of its compilers to Cedar and to Istio is needed by some decision',
    prove: async () => {
      const { provePolicyMutation } = await import('./prove/policy-mutation.js');
      return provePolicyMutation();
    },
  },
  artefacts: {
    title:
      'Every shape of the data of the authorizer and of the policies of Cedar is needed by some decision',
    prove: async () => {
      execFileSync(process.execPath, [join(__dirname, 'bundle.mjs')], { stdio: 'inherit' });
      const { proveArtefacts } = await import('./prove/artefacts.js');
      return proveArtefacts();
    },
  },
  equality: {
    title: 'Lambda handler, decision service, Cedar and real Envoys answer, forward and log as `decide` does',
    // The bundles are what is deployed, so they are made anew from the sources first.
    prove: async () => {
      execFileSync(process.execPath, [join(__dirname, 'bundle.mjs')], { stdio: 'inherit' });
      const { proveEquality } = await import('./prove/equality.js');
      return proveEquality();
    },
  },
  istio: {
    title:
      'Istio’s own translation of our objects answers on a real Envoy as `decide` does, the decision service included',
    prove: async () => {
      execFileSync(process.execPath, [join(__dirname, 'bundle.mjs')], { stdio: 'inherit' });
      const { proveIstio } = await import('./prove/istio.js');
      return proveIstio('sidecar');
    },
  },
  ambient: {
    title: 'The same of a waypoint without sidecars, and ztunnel lets nobody past it',
    prove: async () => {
      const { proveIstio } = await import('./prove/istio.js');
      return proveIstio('ambient');
    },
  },
  'envoy-gateway': {
    title: 'Envoy Gateway’s own translation of our ingress answers on a real Envoy as `decide` does',
    prove: async () => {
      const { proveEnvoyGateway } = await import('./prove/envoy-gateway.js');
      return proveEnvoyGateway();
    },
  },
  index: {
    title: 'For every abstract request of every operation the index decides as the rules one by one do',
    // The shop's model imports the package by its name, as its users do.
    prove: async () => {
      execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
      const { proveIndexes } = await import('./prove/index-rules.js');
      return proveIndexes();
    },
  },
  peers: {
    title:
      'The packed package synthesizes the shop with both ends of its range of aws-cdk-lib, to the same logical IDs',
    prove: async () => {
      const { provePeers } = await import('./prove/peers.js');
      return provePeers();
    },
  },
  'cdk8s-peers': {
    title: 'The packed package writes the committed manifests with both ends of its range of cdk8s',
    prove: async () => {
      const { proveCdk8sPeers } = await import('./prove/cdk8s-peers.js');
      return proveCdk8sPeers();
    },
  },
  kubernetes: {
    title:
      'A real kube-apiserver takes every manifest of the shop and refuses what the guards are there to refuse; linters find nothing that is not explained',
    prove: async () => {
      execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
      const { proveKubernetes } = await import('./prove/kubernetes.js');
      return proveKubernetes();
    },
  },
  grammar: {
    title:
      'JavaScript, RE2 and the bytes read the same strings as canonical; the laws of the policy hold, and the authorizer decides as `decide`',
    prove: () =>
      jest(
        'grammar',
        [
          'test/policy/canonical.test.ts',
          'test/policy/address.test.ts',
          'test/policy/.*laws.test.ts',
          'test/policy/compile/partition.test.ts',
          'test/lambda/authorizer/equality.test.ts',
        ],
        { PROVE: '1' },
      ),
  },
} as const;

type Part = keyof typeof parts;

new Command('prove')
  .description(
    'What takes too long for every test run. Each part can be interrupted; mutation and equality go on where they were.',
  )
  .addOption(new Option('--only <part>', 'one part').choices(Object.keys(parts)))
  .action(prove)
  .parseAsync()
  .catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });

async function prove({ only }: { readonly only?: Part }): Promise<void> {
  const outcomes: [Part, Outcome][] = [];
  for (const part of only ? [only] : (Object.keys(parts) as Part[])) {
    console.log(`\n${part}: ${parts[part].title}`);
    const outcome = await parts[part].prove().catch((error: unknown) => failed(error));
    outcomes.push([part, outcome]);
    if (process.exitCode === 130) break;
  }
  console.log('');
  for (const [part, { holds, summary }] of outcomes)
    console.log(`${holds ? 'holds' : 'FAILS'}  ${part}: ${summary}`);
  if (outcomes.some(([, { holds }]) => !holds)) process.exitCode ||= 1;
}

function failed(error: unknown): Outcome {
  console.error(error);
  return { holds: false, summary: error instanceof Error ? error.message.split('\n', 1)[0]! : String(error) };
}

/** Milliseconds for one of them. */
const PATIENCE = String(60 * 60_000);

/** Tests with more to do than `npm test` gives them. */
function jest(name: string, paths: readonly string[], environment: Record<string, string>): Promise<Outcome> {
  const program = join(__dirname, '..', 'node_modules', 'jest', 'bin', 'jest.js');
  const started = performance.now();
  return new Promise((done, fail) => {
    const child = spawn(
      process.execPath,
      [program, '--runInBand', '--verbose', '--testTimeout', PATIENCE, ...paths],
      {
        cwd: join(__dirname, '..'),
        env: { ...process.env, ...environment },
        stdio: 'inherit',
      },
    );
    child.once('error', fail);
    child.once('exit', (code, signal) => {
      const minutes = ((performance.now() - started) / 60_000).toFixed(1);
      const ended = code === 0 ? 'passed' : `ended with ${signal ?? code}`;
      done({ holds: code === 0, summary: `${name} ${ended} after ${minutes} min` });
    });
  });
}
