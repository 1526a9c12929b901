import { codedError } from '../coded-error.js';
import { excerpt } from '../diagnostic.js';
import type { KubernetesObject } from './object.js';

/** RFC 1123, as `metadata.name` of the API server takes it: labels of at most 63 characters, 253 in all. */
export const LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_SUBDOMAIN = 253;

/** Kinds whose names are labels; every other kind here takes a subdomain. */
const NAMED_BY_LABEL: ReadonlySet<string> = new Set(['Namespace', 'Service']);

/** What tells an object from every other of a cluster: group, kind, namespace and name, but no version. */
export function objectKey({ apiVersion, kind, metadata }: KubernetesObject): string {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return `${kind}${group && `.${group}`} ${metadata.namespace === undefined ? '' : `${metadata.namespace}/`}${metadata.name}`;
}

/**
 * The same objects, if the API server takes their names and labels and no two are one. An object that is written twice
 * is applied twice, and the second takes away what the first allows or forbids, without a word.
 *
 * Throws `object-name`, `object-label` or `object-collision`.
 */
export function checkedObjects<One extends KubernetesObject>(objects: readonly One[]): readonly One[] {
  const seen = new Set<string>();
  for (const object of objects) {
    const key = objectKey(object);
    checkName(object, key);
    checkLabels(object.metadata.labels ?? {}, key);
    if (seen.has(key)) {
      throw codedError('object-collision', key, 'two objects have this name', {
        remedy: 'rename one of the services, or give one part another name or namespace',
      });
    }
    seen.add(key);
  }
  return objects;
}

function checkName({ kind, metadata: { name, namespace } }: KubernetesObject, path: string): void {
  checkNameOf(kind, path, name);
  if (namespace !== undefined) checkNameOf('Namespace', path, namespace);
}

/** Throws `object-name` for what the API server takes for the name of no object of this kind. */
export function checkNameOf(kind: string, path: string, name: string): void {
  const isLabel = NAMED_BY_LABEL.has(kind);
  if (isLabel ? LABEL.test(name) : isSubdomain(name)) return;
  throw codedError('object-name', path, 'the API server refuses this name', {
    found: excerpt(name),
    expected: isLabel ? 'a DNS label (RFC 1123)' : 'a DNS subdomain (RFC 1123)',
    remedy: 'use a shorter name, of lower-case letters, digits and `-`',
  });
}

export function isSubdomain(name: string): boolean {
  return name.length <= MAX_SUBDOMAIN && name.split('.').every((label) => LABEL.test(label));
}

/** Kubernetes, "Labels and selectors": a key has an optional subdomain and a name, name and value are at most 63 long. */
const LABEL_NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** Throws `object-label` for a label that the API server refuses. */
export function checkLabels(labels: Readonly<Record<string, string>>, path: string): void {
  for (const [key, value] of Object.entries(labels)) {
    const [name = '', prefix] = key.split('/').reverse();
    const isKey =
      LABEL_NAME.test(name) && key.split('/').length <= 2 && (prefix === undefined || isSubdomain(prefix));
    if (isKey && (value === '' || LABEL_NAME.test(value))) continue;
    throw codedError('object-label', path, 'the API server refuses this label', {
      found: excerpt(isKey ? { [key]: value } : key),
      expected: 'at most 63 letters, digits, `-`, `_` and `.`, a letter or digit at both ends',
    });
  }
}
