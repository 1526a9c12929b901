import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { codedError } from '../lib/coded-error.js';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { type DockerEnvoy, dockerEnvoy } from './envoy-docker.js';
import { envoyCache, installEnvoy } from './envoy-venv.js';
import { envoyVersion, judgeVersion, SUPPORTED_RANGE } from './envoy-version.js';

/** An Envoy that can be run. */
export interface EnvoyBinary {
  readonly source: 'ENVOY_PATH' | 'PATH' | 'venv' | 'Docker';
  /** The program itself, never a wrapper, so that signals reach it; `docker` for a container. */
  readonly path: string;
  readonly version: string;
  readonly docker?: DockerEnvoy;
  /** What a person should know about the choice. */
  readonly notes: readonly string[];
}

export interface FindEnvoyOptions {
  /** @default the environment of this process */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told before something slow happens. @default nobody */
  readonly onProgress?: (message: string) => void;
}

/**
 * Find an Envoy: `ENVOY_PATH`, then `envoy` on the path, then a private copy with pinned hashes
 * (installed once per user), then Docker.
 *
 * Throws a `ZeroTrustError`: `envoy-path` if `ENVOY_PATH` is set but does not work (nothing else is
 * tried then), `envoy-unavailable` with everything that was tried and what to do if there is none.
 */
export async function findEnvoy(options: FindEnvoyOptions = {}): Promise<EnvoyBinary> {
  const { environment = process.env, onProgress = () => {} } = options;
  const wanted = environment['ENVOY_PATH'];
  if (wanted) return named(wanted);

  const tried: string[] = [];
  const failed: string[] = [];
  const attempts: [EnvoyBinary['source'], () => Promise<EnvoyBinary | undefined>][] = [
    ['PATH', () => onPath(environment['PATH'])],
    ['venv', () => inVenv(environment, onProgress)],
    ['Docker', () => inDocker(environment)],
  ];
  for (const [source, attempt] of attempts) {
    try {
      const found = await attempt();
      if (found) return { ...found, notes: [...failed, ...found.notes] };
      tried.push(`${source}: none`);
    } catch (error) {
      failed.push(`${source}: ${error instanceof Error ? error.message : String(error)}`);
      tried.push(failed.at(-1) ?? source);
    }
  }
  throw new ZeroTrustError(
    'envoy-unavailable',
    [
      `no Envoy ${SUPPORTED_RANGE} was found:`,
      ...tried.map((line) => `  ${line}`),
      'Do one of these:',
      `  set ENVOY_PATH to an Envoy ${SUPPORTED_RANGE}, or put one on the PATH as envoy;`,
      '  install Python 3.10 or later with venv and pip (Debian and Ubuntu: python3-venv), and try again;',
      '  on Linux, start Docker; on Windows, use WSL.',
    ].join('\n'),
  );
}

/** One line for people: which Envoy it is and where it came from. */
export function describeEnvoy({ source, path, version }: EnvoyBinary): string {
  return `Envoy ${version} from ${source} (${path})`;
}

async function named(path: string): Promise<EnvoyBinary> {
  if (!isProgram(path)) {
    throw badPath(path, 'it is not a program that can be run');
  }
  try {
    return await checked('ENVOY_PATH', resolve(path));
  } catch (error) {
    throw badPath(path, error instanceof Error ? error.message : String(error));
  }
}

function badPath(path: string, why: string): ZeroTrustError {
  return codedError('envoy-path', 'ENVOY_PATH', 'it does not name an Envoy that can be used', {
    found: `${path}: ${why}`,
    expected: `an Envoy ${SUPPORTED_RANGE}`,
    remedy: 'name one, or unset it: then one is looked for, and installed if there is none',
  });
}

async function onPath(path = ''): Promise<EnvoyBinary | undefined> {
  const folder = path.split(delimiter).find((entry) => entry !== '' && isProgram(join(entry, 'envoy')));
  return folder === undefined ? undefined : checked('PATH', resolve(folder, 'envoy'));
}

async function inVenv(
  environment: NonNullable<FindEnvoyOptions['environment']>,
  onProgress: (message: string) => void,
): Promise<EnvoyBinary> {
  return checked('venv', await installEnvoy(envoyCache(environment), environment, onProgress));
}

async function inDocker(
  environment: NonNullable<FindEnvoyOptions['environment']>,
): Promise<EnvoyBinary | undefined> {
  const docker = await dockerEnvoy(environment);
  return docker && { source: 'Docker', path: docker.path, version: docker.version, docker, notes: [] };
}

async function checked(source: EnvoyBinary['source'], path: string): Promise<EnvoyBinary> {
  const version = await envoyVersion(path);
  const verdict = judgeVersion(version);
  if (verdict === 'older') {
    throw new ZeroTrustError(
      'envoy-too-old',
      `${path} is Envoy ${version}, older than the supported ${SUPPORTED_RANGE}`,
    );
  }
  const notes = verdict === 'newer' ? [`Envoy ${version} is newer than the tested ${SUPPORTED_RANGE}`] : [];
  return { source, path, version, notes };
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
