import { execFile } from 'node:child_process';
import { REVOCATIONS_KEY, REVOCATIONS_VERSION } from '../lib/kubernetes/decision/revocations-map.js';
import { MAX_REVOCATION_BYTES } from '../lib/policy/revocation-document.js';
import { cliError } from './error.js';
import type { DocumentPlace, Stored } from './revoke-place.js';

/** A ConfigMap as far as it is looked at. */
interface ConfigMap {
  readonly metadata: {
    readonly resourceVersion: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [member: string]: unknown;
  };
  readonly data?: Readonly<Record<string, string>>;
  /** In base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly [member: string]: unknown;
}

/** Bytes of all values of a ConfigMap, binary ones as they are (Kubernetes, "ConfigMaps"). */
const MAX_VALUES = 1024 * 1024;

/** What is in a ConfigMap that was made and never written. */
const NOTHING = '{"version":0,"entries":[]}';

/** Flux takes away what a manager whose name begins with `kubectl` has written. */
const MANAGER = '--field-manager=ztp-revoke';

/** The key of a ConfigMap, by whatever cluster kubectl has; a write names the version that was read. */
export class ConfigMapPlace implements DocumentPlace {
  #read: ConfigMap | undefined;

  constructor(
    readonly namespace: string,
    readonly name: string,
  ) {}

  get maxBytes(): number {
    const { data = {}, binaryData = {} } = this.#read ?? {};
    const others = [
      ...Object.entries(data).map(([key, value]) => (key === REVOCATIONS_KEY ? 0 : Buffer.byteLength(value))),
      ...Object.values(binaryData).map((value) => Buffer.byteLength(value, 'base64')),
    ];
    const left = others.reduce((sum, bytes) => sum - bytes, MAX_VALUES);
    return Math.min(left, MAX_REVOCATION_BYTES);
  }

  async read(): Promise<Stored | undefined> {
    const found = await this.#kubectl(['get', 'configmap', this.name, '--ignore-not-found', '-o', 'json']);
    if (typeof found !== 'string') throw this.#refused(found);
    this.#read = found.trim() === '' ? undefined : (JSON.parse(found) as ConfigMap);
    if (!this.#read) return undefined;
    const { data, metadata } = this.#read;
    // Whoever emptied it has not taken back what was revoked: nobody knows what that was.
    const otherwise = metadata.annotations?.[REVOCATIONS_VERSION] === undefined ? NOTHING : '';
    return { text: data?.[REVOCATIONS_KEY] ?? otherwise, tag: metadata.resourceVersion };
  }

  async write(text: string, before: Stored | undefined): Promise<boolean> {
    const { metadata, data } = this.#read ?? { metadata: { name: this.name, namespace: this.namespace } };
    const { version } = JSON.parse(text) as { version: number };
    const annotations = { ...this.#read?.metadata.annotations, [REVOCATIONS_VERSION]: String(version) };
    const next = {
      // Whatever else is in it stays.
      ...this.#read,
      apiVersion: 'v1',
      kind: 'ConfigMap',
      // Who else wrote which field is the API server's to say.
      metadata: {
        ...metadata,
        annotations,
        managedFields: undefined,
        ...(before && { resourceVersion: before.tag }),
      },
      data: { ...data, [REVOCATIONS_KEY]: text },
    };
    const written = await this.#kubectl(
      [before ? 'replace' : 'create', MANAGER, '-f', '-'],
      JSON.stringify(next),
    );
    if (typeof written === 'string') return true;
    // Another write came in between.
    if (/\((Conflict|AlreadyExists)\)/.test(written.message)) return false;
    throw this.#refused(written);
  }

  #refused({ message }: Error) {
    return cliError('cluster-refused', `${this.namespace}/${this.name}`, 'the cluster does not do it', {
      found: message.trim().split('\n').at(-1)!,
      remedy: 'choose a context of kubectl that may get and update this ConfigMap',
    });
  }

  /** What it prints, or why it failed. */
  #kubectl(words: readonly string[], input = ''): Promise<string | Error> {
    return new Promise((done) => {
      const all = [...words, '-n', this.namespace];
      const child = execFile('kubectl', all, { env: process.env, maxBuffer: 1e8 }, (error, stdout) =>
        done(error ?? stdout),
      );
      // One that is not there, or ended before it read, says so itself.
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }
}
