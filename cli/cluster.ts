import { execFile } from 'node:child_process';
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import type { Diagnostic } from '../lib/diagnostic.js';
import { checkCluster, type ClusterState } from '../lib/kubernetes/cluster-check.js';
import { PREREQUISITES, type Prerequisites, type Settings } from '../lib/kubernetes/prerequisites.js';
import { cliError } from './error.js';

/**
 * What a cluster lacks of what manifests rely on. With a file only what the file has is held against it, and it must have
 * the mesh's configuration; else kubectl is asked, by whatever context it has.
 *
 * Throws a `ZeroTrustError`: `prerequisites-…`, `mesh-config-…` or `cluster-unreachable`.
 */
export async function clusterFindings(manifests: string, meshConfig?: string): Promise<Diagnostic[]> {
  const wanted = await loadPrerequisites(manifests);
  if (meshConfig === undefined) return checkCluster(wanted, await askCluster(wanted));
  const state = stateOf(await documentsOf(meshConfig), meshConfig);
  const known = Object.keys(state) as (keyof ClusterState)[];
  return checkCluster(wanted, state, [...new Set<keyof ClusterState>(['meshConfig', ...known])]);
}

async function loadPrerequisites(path: string): Promise<Prerequisites> {
  const found = (await documentsOf(path)).filter(
    ({ kind, metadata }) =>
      kind === 'ConfigMap' && (metadata as Settings | undefined)?.['name'] === PREREQUISITES,
  );
  if (found.length !== 1) {
    throw cliError('prerequisites-not-found', path, `there is not one ConfigMap ${PREREQUISITES} here`, {
      found: `${found.length} of them`,
      remedy: 'name the folder that cdk8s wrote the manifests of one platform to',
    });
  }
  const [{ data }] = found as [{ readonly data: { readonly 'prerequisites.json': string } }];
  const read = JSON.parse(data['prerequisites.json']) as Prerequisites;
  if (!/^1\.\d+$/.test(read.version)) {
    throw cliError('prerequisites-version', path, 'another major version wrote these manifests', {
      found: read.version,
      expected: '1.x',
      remedy: 'use the ztp of the release that made them',
    });
  }
  return read;
}

/** Every document of a file, or of the manifests of a folder; those of a List one by one. */
async function documentsOf(path: string): Promise<Settings[]> {
  const files = await filesOf(path);
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  return texts
    .flatMap((text, index) =>
      parseAllDocuments(text).map((document) => {
        const [fault] = 'errors' in document ? document.errors : [];
        if (fault) {
          throw cliError('mesh-config-syntax', files[index]!, 'the file is no YAML and no JSON', {
            found: fault.message.split('\n', 1)[0]!,
          });
        }
        return document.toJS() as unknown;
      }),
    )
    .filter(isRecord)
    .flatMap((each) => (Array.isArray(each['items']) ? each['items'].filter(isRecord) : [each]));
}

async function filesOf(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found) {
    throw cliError('mesh-config-not-found', path, 'there is no such file or folder', {
      remedy: 'name the manifests, or what `kubectl get configmap istio -n istio-system -o json` wrote',
    });
  }
  if (!found.isDirectory()) return [path];
  const names = await readdir(path);
  return names
    .filter((name) => ['.yaml', '.yml', '.json'].includes(extname(name)))
    .sort()
    .map((name) => join(path, name));
}

/** What documents tell of a cluster: objects as kubectl writes them, or the mesh's configuration by itself. */
function stateOf(documents: readonly Settings[], path: string): ClusterState {
  const known: { -readonly [Part in keyof ClusterState]: ClusterState[Part] } = {};
  const learn = <Part extends keyof ClusterState>(part: Part, value: ClusterState[Part]) => {
    if (known[part] !== undefined) {
      throw cliError('mesh-config-ambiguous', path, `it says ${part} twice`, {
        remedy: 'name a file of one revision of the control plane',
      });
    }
    known[part] = value;
  };
  for (const document of documents) {
    const { kind } = document;
    const { data, spec, serverVersion } = document as Record<string, Settings | undefined>;
    if (isRecord(data) && typeof data['mesh'] === 'string')
      learn('meshConfig', asSettings(parse(data['mesh'])));
    if (isRecord(data) && typeof data['values'] === 'string')
      learn('injection', asSettings(parse(data['values'])));
    if (isRecord(data) && typeof data['envoy-gateway.yaml'] === 'string') {
      learn('envoyGatewayConfig', asSettings(parse(data['envoy-gateway.yaml'])));
    }
    if (kind === 'CustomResourceDefinition') {
      const { annotations } = (document['metadata'] ?? {}) as { readonly annotations?: Settings };
      learn('gatewayApi', String(annotations?.['gateway.networking.k8s.io/bundle-version']));
    }
    if (kind === 'Deployment' && isEnvoyGateway(document)) {
      learn('envoyGateway', containerOf(spec).image);
    } else if (kind === 'Deployment') {
      const { image, env } = containerOf(spec);
      learn('istio', image);
      learn('istiodEnvironment', env);
    }
    if (isRecord(serverVersion)) learn('kubernetes', String(serverVersion['gitVersion']));
    if (kind === undefined && !isRecord(serverVersion)) learn('meshConfig', document);
  }
  return known;
}

/** Its chart calls it so, wherever it is. */
function isEnvoyGateway({ metadata }: Settings): boolean {
  return (metadata as Settings | undefined)?.['name'] === 'envoy-gateway';
}

/** The tag of istiod's image, and the variables that have a value in the Deployment itself. */
function containerOf(spec: Settings | undefined): { readonly image: string; readonly env: Settings } {
  const { template } = (spec ?? {}) as { template?: { spec?: { containers?: readonly Settings[] } } };
  const [container] = template?.spec?.containers ?? [];
  const list = Array.isArray(container?.['env']) ? (container['env'] as readonly Settings[]) : [];
  const image = container?.['image'];
  return {
    image: typeof image === 'string' ? image.replace(/^.*:/, '') : '',
    env: Object.fromEntries(list.map(({ name, value }) => [String(name), value])),
  };
}

async function askCluster({ revision, envoyGatewayNamespace }: Prerequisites): Promise<ClusterState> {
  const suffix = revision === undefined ? '' : `-${revision}`;
  const get = (...what: readonly string[]) => kubectl('get', ...what, '-n', 'istio-system');
  const answers = await Promise.all([
    kubectl('version'),
    get('configmap', `istio${suffix}`, `istio-sidecar-injector${suffix}`),
    get('deployment', `istiod${suffix}`),
    ...(envoyGatewayNamespace === undefined
      ? []
      : [
          kubectl('get', 'configmap', 'envoy-gateway-config', '-n', envoyGatewayNamespace),
          kubectl('get', 'deployment', 'envoy-gateway', '-n', envoyGatewayNamespace),
          kubectl('get', 'crd', 'httproutes.gateway.networking.k8s.io'),
        ]),
  ]);
  const documents = answers.flatMap((answer) =>
    Array.isArray(answer['items']) ? (answer['items'] as Settings[]) : [answer],
  );
  return stateOf(documents, 'kubectl');
}

async function kubectl(...command: readonly string[]): Promise<Settings> {
  try {
    const { stdout } = await promisify(execFile)('kubectl', [...command, '-o', 'json'], {
      env: process.env,
      maxBuffer: 1e8,
    });
    return asSettings(JSON.parse(stdout));
  } catch (error) {
    throw cliError('cluster-unreachable', `kubectl ${command.join(' ')}`, 'the cluster could not be asked', {
      found: (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1)!,
      remedy: 'choose a context that may read namespace istio-system, or name a file by --mesh-config',
    });
  }
}

function asSettings(value: unknown): Settings {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
