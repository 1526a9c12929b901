import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import type { MeshMode } from '../../../lib/kubernetes/mesh-options.js';
import type { KubernetesObject } from '../../../lib/kubernetes/object.js';
import type { Template } from '../../../lib/plan/refs.js';
import type { ZtunnelAddress, ZtunnelPolicy } from './ztunnel.js';

export interface Question {
  readonly objects: readonly KubernetesObject[];
  /** A MeshConfig. */
  readonly mesh: object;
  readonly namespace: string;
  /** The pod whose sidecar is asked about. */
  readonly pod?: string;
  /** The waypoint that is asked about, of a mesh without sidecars. */
  readonly waypoint?: string;
  /** A port of other hosts, calls to which are asked about. @default none */
  readonly outbound?: number;
  /** @default only those that are asked about above */
  readonly listeners?: boolean;
}

/** What Istio would tell where no pod has a sidecar. */
export interface Ambient {
  /** Of the waypoint, by name. */
  readonly listeners: Readonly<Record<string, Template>>;
  /** What every ztunnel is told, by `namespace/name`. */
  readonly policies: Readonly<Record<string, ZtunnelPolicy>>;
  /** By the address of a pod or a Service. */
  readonly addresses: Readonly<Record<string, readonly ZtunnelAddress[]>>;
  /** Policies that ztunnel cannot enforce as they are written. */
  readonly unsupported?: readonly string[];
}

/** What Istio would tell one sidecar, or one waypoint. */
export interface Translated {
  /** The connection manager of its one inbound HTTP port; absent if it has a TCP port, and of a waypoint. */
  readonly manager: { readonly [name: string]: Template };
  /** The filters of its one TCP port. */
  readonly connections?: readonly { readonly name: string; readonly [name: string]: Template }[];
  /** The connection manager for calls to the port that was asked about, with its routes. */
  readonly outbound?: { readonly [name: string]: Template };
  /** Of a waypoint. */
  readonly ambient?: Ambient;
  readonly clusters: Readonly<Record<string, Template>>;
  /** Every listener, by its name, if they were asked for. */
  readonly listeners?: Readonly<Record<string, Template>>;
  /** By a host that the workload calls: the authority that the sidecar writes. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** What istiod's validation says. */
  readonly refused?: readonly string[];
}

const PROGRAM = join(__dirname, '../../../node_modules/.cache/istio-translation');

/** Istio's control plane in a process of its own (`translation/main.go`), built once by `go`. */
export class IstioTranslation {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting: { done: (line: string) => void; fail: (error: Error) => void }[] = [];

  private constructor(path: string, mode: MeshMode) {
    const env = { ...process.env, PILOT_ENABLE_AMBIENT: String(mode === 'ambient') };
    this.#child = spawn(path, { stdio: ['pipe', 'pipe', 'inherit'], env });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.done(line));
    this.#child.once('exit', (code) => {
      for (const { fail } of this.#waiting.splice(0))
        fail(new Error(`Istio's translation ended with ${code}`));
    });
  }

  /** `ISTIO_TRANSLATION` names a program that is built already. The first build takes minutes. */
  static start(mode: MeshMode = 'sidecar'): IstioTranslation {
    const { ISTIO_TRANSLATION: built } = process.env;
    if (built !== undefined) return new IstioTranslation(built, mode);
    mkdirSync(dirname(PROGRAM), { recursive: true });
    execFileSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', PROGRAM, '.'], {
      cwd: join(__dirname, 'translation'),
      env: { ...process.env, CGO_ENABLED: '0' },
      stdio: 'inherit',
    });
    return new IstioTranslation(PROGRAM, mode);
  }

  /** Throws if Istio would not serve the pod. */
  async ask(question: Question): Promise<Translated> {
    const line = await new Promise<string>((done, fail) => {
      this.#waiting.push({ done, fail });
      this.#child.stdin.write(`${JSON.stringify(question)}\n`);
    });
    const { error, ...translated } = JSON.parse(line) as Translated & { readonly error?: string };
    if (error !== undefined) throw new Error(error);
    return translated;
  }

  close(): void {
    this.#child.stdin.end();
  }
}
