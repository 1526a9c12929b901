import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../lib/kubernetes/object.js';
import type { Settings } from '../lib/kubernetes/prerequisites.js';
import { cliError } from './error.js';

/** Every document of a file, or of the manifests of a folder; those of a List one by one. */
export async function documentsOf(path: string): Promise<Settings[]> {
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

export function asSettings(value: unknown): Settings {
  return isRecord(value) ? value : {};
}

export function isRecord(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One that has a kind and a name. */
export function isObject(document: object): document is KubernetesObject {
  const { kind, metadata } = document as { readonly kind?: unknown; readonly metadata?: { name?: unknown } };
  return typeof kind === 'string' && typeof metadata?.name === 'string';
}
