import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';

/** The image, as the Dockerfile lays it out, here. */
const IMAGE: Readonly<Record<string, string>> = {
  '/usr/local/bin/node': process.execPath,
  '/decision/index.js': join(__dirname, '../../dist/gateway/decision/index.js'),
};

interface Volume {
  readonly name: string;
  readonly configMap?: { readonly name: string };
  readonly projected?: {
    readonly sources: readonly {
      readonly serviceAccountToken?: { readonly path: string };
      readonly configMap?: {
        readonly name: string;
        readonly items: readonly { key: string; path: string }[];
      };
    }[];
  };
}

interface Container {
  readonly command: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly readinessProbe: { readonly exec: { readonly command: readonly string[] } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

/** What the kubelet would start. */
export interface Started {
  readonly command: readonly string[];
  readonly readiness: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * The container of a Deployment as a process of this machine: its volumes are folders in `folder`, and its paths lead there.
 * `objects` have every ConfigMap; `token` is what the kubelet would ask for.
 */
export function startedBy(
  deployment: KubernetesObject,
  objects: readonly KubernetesObject[],
  { folder, token }: { readonly folder: string; readonly token: string },
): Started {
  const { template } = deployment['spec'] as {
    template: { spec: { containers: readonly Container[]; volumes: readonly Volume[] } };
  };
  const [container] = template.spec.containers as [Container];
  const dataOf = (name: string) => {
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === name);
    if (!map) throw new Error(`the pod would not start: there is no ConfigMap ${name}`);
    return map['data'] as Readonly<Record<string, string>>;
  };
  const filesOf = ({ configMap, projected }: Volume): Readonly<Record<string, string>> => {
    if (configMap) return dataOf(configMap.name);
    return Object.fromEntries(
      projected!.sources.flatMap(({ serviceAccountToken, configMap: from }): [string, string][] =>
        from
          ? from.items.map(({ key, path }) => [path, dataOf(from.name)[key]!])
          : [[serviceAccountToken!.path, token]],
      ),
    );
  };
  const places = Object.entries(IMAGE);
  for (const { name, mountPath } of container.volumeMounts) {
    const own = join(folder, name);
    mkdirSync(own, { recursive: true });
    const files = filesOf(template.spec.volumes.find((volume) => volume.name === name)!);
    for (const [file, content] of Object.entries(files)) writeFileSync(join(own, file), content);
    places.push([mountPath, own]);
  }
  const here = (text: string) => places.reduce((own, [path, place]) => own.replaceAll(path, place), text);
  return {
    command: container.command.map(here),
    readiness: container.readinessProbe.exec.command.map(here),
    environment: Object.fromEntries(container.env.map(({ name, value }) => [name, here(value)])),
  };
}

/** A port of loopback of which the next is free as well; below those that the system gives to whoever connects. */
export async function twoPorts(): Promise<number> {
  for (;;) {
    const port = randomInt(12_000, 31_000);
    const open = await Promise.all([port, port + 1].map((each) => listening(each).catch(() => undefined)));
    for (const server of open) server?.close();
    if (open.every((server) => server !== undefined)) return port;
  }
}

function listening(port: number) {
  const server = createServer();
  return new Promise<typeof server>((done, fail) => {
    server.once('error', fail).listen(port, '127.0.0.1', () => done(server));
  });
}
