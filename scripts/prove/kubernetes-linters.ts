import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { ACCEPTED_FINDINGS, type AcceptedFinding } from './accepted-findings.js';

const KUBE_SCORE = 'github.com/zegl/kube-score/cmd/kube-score@v1.20.0';
const CHECKOV = 'checkov==3.3.30';

export type Finding = Omit<AcceptedFinding, 'reason'>;

/** Where a linter is run: its program, the files, and the mesh's configuration. */
interface Ground {
  readonly cache: string;
  readonly root: string;
  readonly folder: string;
  readonly files: readonly string[];
  readonly meshConfig: string;
}

const LINTERS: Readonly<Record<Finding['linter'], (ground: Ground) => Finding[]>> = {
  istioctl,
  checkov,
  'kube-score': kubeScore,
};

/** An object that each linter must find something about, so that none is asleep. */
const CANARIES: readonly { readonly finding: Finding; readonly object: KubernetesObject }[] = [
  {
    finding: { linter: 'istioctl', code: 'IST0106', object: 'AuthorizationPolicy canary/canary' },
    object: {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'canary', namespace: 'canary' },
      spec: { action: 'DENY' },
    },
  },
  {
    finding: {
      linter: 'kube-score',
      code: 'networkpolicy-targets-pod',
      object: 'NetworkPolicy canary/canary',
    },
    object: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'canary', namespace: 'canary' },
      spec: { podSelector: { matchLabels: { app: 'canary' } }, policyTypes: ['Ingress'] },
    },
  },
  {
    finding: { linter: 'checkov', code: 'CKV_K8S_16', object: 'Pod canary/canary' },
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'canary', namespace: 'canary' },
      spec: { containers: [{ name: 'a', image: 'a', securityContext: { privileged: true } }] },
    },
  },
];

/**
 * What istioctl, checkov and kube-score say of objects that nobody accepted, and what was accepted that none of them says.
 * @param own the objects that are judged
 * @param others what a user has beside them
 */
export function linterFaults(
  root: string,
  own: readonly KubernetesObject[],
  others: readonly KubernetesObject[],
  meshConfig: unknown,
): { readonly faults: readonly string[]; readonly accepted: number } {
  const folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  const cache = join(root, 'node_modules', '.cache', 'kubernetes');
  mkdirSync(cache, { recursive: true });
  try {
    const write = (name: string, objects: readonly unknown[]) => {
      const file = join(folder, name);
      writeFileSync(file, objects.map((object) => stringify(object)).join('---\n'));
      return file;
    };
    const files = [
      write('own.yaml', own),
      write('others.yaml', others),
      write(
        'canaries.yaml',
        CANARIES.map(({ object }) => object),
      ),
    ];
    const mesh = join(cache, 'mesh-config.yaml');
    writeFileSync(mesh, stringify(meshConfig));
    const ground = { cache, root, folder, files, meshConfig: mesh };
    const found = Object.values(LINTERS).flatMap((run) => run(ground));
    return faultsOf(found, new Set(own.map(nameOf)));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function faultsOf(found: readonly Finding[], own: ReadonlySet<string>) {
  const judged = found.filter(({ object }) => own.has(object));
  const stale = ACCEPTED_FINDINGS.filter((each) => !judged.some((one) => isOf(each, one)));
  const unexplained = judged.filter((one) => !ACCEPTED_FINDINGS.some((each) => isOf(each, one)));
  const unseen = CANARIES.filter(({ finding }) => !found.some((one) => isOf(finding, one)));
  return {
    accepted: judged.length - unexplained.length,
    faults: [
      ...unexplained.map((each) => `${text(each)}: mend it, or accept it with a reason`),
      ...stale.map((each) => `${text(each)}: is accepted, and nobody says it`),
      ...unseen.map(({ finding }) => `${text(finding)}: was not found, so the linter saw nothing`),
    ],
  };
}

function isOf({ linter, code, object }: Finding, found: Finding): boolean {
  const isObject = object.endsWith('*')
    ? found.object.startsWith(object.slice(0, -1))
    : found.object === object;
  return linter === found.linter && code === found.code && isObject;
}

function text({ linter, code, object }: Finding): string {
  return `${linter} ${code} ${object}`;
}

function nameOf({ kind, metadata: { name, namespace } }: KubernetesObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/** What istiod's webhook refuses and the API server takes, and what is accepted and does nothing. Built from pinned modules. */
function istioctl({ cache, root, files, meshConfig }: Ground): Finding[] {
  const program = join(cache, 'istioctl');
  execFileSync(
    'go',
    ['build', '-trimpath', '-ldflags', '-s -w', '-o', program, 'istio.io/istio/istioctl/cmd/istioctl'],
    {
      cwd: join(root, 'test', 'engines', 'kubernetes', 'istioctl'),
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    },
  );
  // Without -A it reports the namespace `default` alone.
  const options = ['analyze', '--use-kube=false', '-A', '-o', 'json', '--meshConfigFile', meshConfig];
  const said = json<{ code: string; origin: string }[]>(program, [...options, ...files]);
  return said.map(({ code, origin }) => ({ linter: 'istioctl', code, object: origin }));
}

/** Whether workloads are hardened, by its rules for Kubernetes. In a Python environment of its own. */
function checkov({ cache, folder }: Ground): Finding[] {
  const home = join(cache, CHECKOV);
  const program = join(home, 'bin', 'checkov');
  if (!existsSync(program)) {
    execFileSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-input', CHECKOV];
    execFileSync(join(home, 'bin', 'python'), pip, { stdio: 'inherit' });
  }
  const options = ['--framework', 'kubernetes', '--skip-download', '--quiet', '--compact', '-o', 'json'];
  type Report = { results: { failed_checks: { check_id: string; resource: string }[] } };
  const { results } = json<Report>(program, ['-d', folder, ...options]);
  return results.failed_checks.map(({ check_id: code, resource }) => {
    const [kind, namespace, ...name] = resource.split('.');
    // It puts objects of the whole cluster into `default`, where nothing of the platform is.
    const place = namespace === 'default' ? '' : `${namespace}/`;
    return { linter: 'checkov', code, object: `${kind} ${place}${name.join('.')}` };
  });
}

function kubeScore({ cache, files }: Ground): Finding[] {
  execFileSync('go', ['install', '-trimpath', '-ldflags', '-s -w', KUBE_SCORE], {
    env: { ...process.env, CGO_ENABLED: '0', GOBIN: cache },
    stdio: 'inherit',
  });
  interface Scored {
    readonly type_meta: { readonly kind: string };
    readonly object_meta: { readonly name: string; readonly namespace?: string };
    readonly checks: readonly { check: { id: string }; grade: number; skipped: boolean }[] | null;
  }
  const scored = json<Scored[]>(join(cache, 'kube-score'), ['score', '--output-format', 'json', ...files]);
  return scored.flatMap(({ type_meta: { kind }, object_meta: metadata, checks }) =>
    (checks ?? [])
      .filter(({ grade, skipped }) => !skipped && grade < PASSED)
      .map(({ check: { id } }) => ({
        linter: 'kube-score' as const,
        code: id,
        object: nameOf({ apiVersion: '', kind, metadata }),
      })),
  );
}

/** Of kube-score's grades, the one of a check without any remark. */
const PASSED = 10;

/** A linter ends with another code than 0 where it found something. */
function json<Result>(program: string, args: readonly string[]): Result {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 << 20 });
  if (error) throw error;
  try {
    return JSON.parse(stdout) as Result;
  } catch {
    throw new Error(`${program} said no JSON: ${stderr.trim().split('\n').at(-1)}`);
  }
}
