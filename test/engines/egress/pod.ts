import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicAddressFilter } from '../../../lib/envoy/egress-public-address.js';
import { FOLDERS } from '../../../lib/kubernetes/egress/index.js';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { isLive } from '../../../lib/point/admin.js';
import { Addresses } from '../../../local/addresses.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { StateFolder } from '../../../local/files.js';
import { Guardian } from '../../../local/guardian.js';
import type { Leaf } from '../support/authority.js';
import type { Place } from './way-out.js';

/** Milliseconds for an Envoy to start. */
const START = 30_000;

export interface PodOptions {
  /** What the platform emits, or the same with something changed. */
  readonly objects: readonly KubernetesObject[];
  readonly leaf: Leaf;
  /** PEM of the roots of the mesh. */
  readonly roots: string;
  /** Where the hosts outside are, and the file that verifies them. */
  readonly places: Readonly<Record<string, Place>>;
  readonly publicRoots: string;
}

interface Container {
  readonly command: readonly string[];
}

interface Cluster {
  readonly name: string;
  readonly typed_extension_protocol_options: Readonly<Record<string, { http_filters?: unknown[] }>>;
  readonly load_assignment: {
    readonly endpoints: readonly [
      {
        readonly lb_endpoints: readonly [
          {
            readonly endpoint: {
              readonly address: { socket_address: { address: string; port_value: number } };
            };
          },
        ];
      },
    ];
  };
}

/**
 * The egress gateway as its manifests have it, as a process of this machine: its volumes are folders, its names lead wherever
 * a test says, and its certificates are replaced as the kubelet replaces files.
 */
export class EgressPod {
  #revision = 0;

  private constructor(
    private readonly state: StateFolder,
    private readonly guardian: Guardian,
    private readonly addresses: Addresses,
    private readonly child: Child,
    readonly endpoint: { readonly address: string; readonly port: number },
    /** What it wrote. */
    readonly lines: string[],
  ) {}

  static async start({ objects, leaf, roots, places, publicRoots }: PodOptions): Promise<EgressPod> {
    const state = StateFolder.open();
    const guardian = new Guardian(state.path);
    const addresses = new Addresses(`egress pod ${process.pid} ${state.path}`);
    const address = await addresses.address('egress');
    const [port, ready] = [await addresses.port(address, 8443), await addresses.port(address, 15_021)];
    const admin = state.socket('egress');
    const folders = {
      [`${FOLDERS.work}/admin.sock`]: admin,
      [FOLDERS.configuration]: state.folder('configuration'),
      [FOLDERS.certificates]: state.folder('certificates'),
      [FOLDERS.work]: state.folder('work'),
      '/etc/ssl/certs/ca-certificates.crt': publicRoots,
    };
    const here = (text: string) =>
      Object.entries(folders).reduce((own, [path, place]) => own.replaceAll(path, place), text);
    const [deployment] = objects.filter(({ kind }) => kind === 'Deployment');
    const { template } = deployment!['spec'] as {
      template: {
        spec: {
          containers: readonly [Container];
          volumes: readonly { name: string; configMap?: { name: string } }[];
        };
      };
    };
    const wanted = template.spec.volumes.find(({ name }) => name === 'configuration')!.configMap!.name;
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === wanted);
    for (const [name, text] of Object.entries(map!['data'] as Readonly<Record<string, string>>)) {
      const content =
        name === 'bootstrap.json' ? placed(text, address, { 8443: port, 15_021: ready }, places) : text;
      writeFileSync(join(folders[FOLDERS.configuration]!, name), here(content));
    }
    writeFiles(folders[FOLDERS.certificates]!, 0, leaf, roots);
    const [{ command }] = template.spec.containers;
    const binary = await findEnvoy();
    // Nothing here waits a second for a line.
    const args = command.slice(1).map((argument) => (argument === '1000' ? '20' : here(argument)));
    const launch = binary.docker
      ? dockerLaunch(binary.docker, state.path, args)
      : { command: binary.path, args };
    const lines: string[] = [];
    const child = new Child({
      ...launch,
      directory: state.folder('envoy'),
      environment: binary.docker ? process.env : {},
      guardian,
      onLine: (line) => {
        if (line.startsWith('{')) lines.push(line);
      },
    });
    const pod = new EgressPod(state, guardian, addresses, child, { address, port }, lines);
    const deadline = performance.now() + START;
    while (!(await isLive(admin))) {
      if (!child.running || performance.now() > deadline) {
        const tail = child.tail().join('\n');
        await pod.close();
        throw new Error(`the Envoy of the egress gateway did not start:\n${tail}`);
      }
      await sleep(5);
    }
    return pod;
  }

  /** Another certificate, in the way in which volumes are renewed. */
  renew(leaf: Leaf, roots: string): void {
    this.#revision += 1;
    writeFiles(this.state.folder('certificates'), this.#revision, leaf, roots);
  }

  async close(): Promise<void> {
    await this.child.stop();
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }
}

/** A volume of the kubelet's: files are links through one link, which is replaced by renaming. */
function writeFiles(folder: string, revision: number, leaf: Leaf, roots: string): void {
  const own = join(folder, `..${revision}`);
  mkdirSync(own);
  const files = { 'tls.crt': leaf.certificate, 'tls.key': leaf.key, 'ca.crt': roots };
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(own, name), text, { mode: 0o600 });
    if (revision === 0) symlinkSync(join('..data', name), join(folder, name));
  }
  symlinkSync(`..${revision}`, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
}

/** The same bootstrap where listeners have an address of this machine, and names lead where a test says. */
function placed(
  text: string,
  address: string,
  ports: Readonly<Record<number, number>>,
  places: PodOptions['places'],
): string {
  const bootstrap = JSON.parse(text) as {
    static_resources: {
      listeners: { address: { socket_address: { address: string; port_value: number } } }[];
      clusters: Cluster[];
    };
  };
  const { listeners, clusters } = bootstrap.static_resources;
  for (const { address: own } of listeners) {
    own.socket_address = { address, port_value: ports[own.socket_address.port_value]! };
  }
  for (const { name, load_assignment: to, typed_extension_protocol_options: options } of clusters) {
    const place = places[name.replace('egress/', '')];
    if (!place) continue;
    to.endpoints[0].lb_endpoints[0].endpoint.address.socket_address = {
      address: place.address,
      port_value: place.port,
    };
    const [http] = Object.values(options);
    // By itself it lets nobody on this machine through.
    if (place.standIn !== undefined) http!.http_filters![0] = publicAddressFilter(place.standIn);
  }
  return JSON.stringify(bootstrap);
}
