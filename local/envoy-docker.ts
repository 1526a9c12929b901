import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { PINNED_ENVOY } from './envoy-version.js';

/** The last resort: Envoy's own image, on the network and the files of this machine. */
export interface DockerEnvoy {
  /** The `docker` client. */
  readonly path: string;
  readonly image: string;
  readonly version: string;
}

/** A way to start one program, and what to do once it is gone. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Resolves when nothing of it can be left, however it ended. */
  readonly cleanUp?: () => Promise<void>;
}

/** Milliseconds for a Docker daemon to answer. */
const PATIENCE = 10_000;

/**
 * Docker, if its daemon answers and shares this machine's loopback addresses. That is so on Linux
 * only: elsewhere its containers run in a virtual machine with a loopback of its own.
 */
export async function dockerEnvoy(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<DockerEnvoy | undefined> {
  if (process.platform !== 'linux') return undefined;
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], environment);
  } catch {
    return undefined;
  }
  return { path: 'docker', image: `envoyproxy/envoy:v${PINNED_ENVOY}`, version: PINNED_ENVOY };
}

/**
 * How to run Envoy in a container: this machine's network, this user, and no file but `state`.
 * The client passes SIGTERM on; a container whose client was killed is removed by name.
 */
export function dockerLaunch(docker: DockerEnvoy, state: string, args: readonly string[]): Launch {
  const name = `ztp-${randomBytes(6).toString('hex')}`;
  const user = `${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`;
  return {
    command: docker.path,
    args: [
      'run',
      '--rm',
      `--name=${name}`,
      '--network=host',
      `--user=${user}`,
      `--volume=${state}:${state}`,
      '--entrypoint=envoy',
      docker.image,
      ...args,
    ],
    cleanUp: async () => {
      await run(docker.path, ['rm', '--force', name], process.env).catch(() => {});
    },
  };
}

async function run(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  await promisify(execFile)(command, args, { timeout: PATIENCE, env: { ...environment } });
}
