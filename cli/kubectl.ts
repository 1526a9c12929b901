import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Settings } from '../lib/kubernetes/prerequisites.js';
import { asSettings, isRecord } from './cluster-documents.js';
import { cliError } from './error.js';

/** What kubectl answers by whatever context it has, a list one by one. Throws `cluster-unreachable`. */
export async function kubectl(...command: readonly string[]): Promise<readonly Settings[]> {
  try {
    const { stdout } = await promisify(execFile)('kubectl', [...command, '-o', 'json'], {
      env: process.env,
      maxBuffer: 1e8,
    });
    const answer = asSettings(JSON.parse(stdout));
    return Array.isArray(answer['items']) ? answer['items'].filter(isRecord) : [answer];
  } catch (error) {
    throw cliError('cluster-unreachable', `kubectl ${command.join(' ')}`, 'the cluster could not be asked', {
      found: (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1)!,
      remedy:
        'choose a context that may read what docs/kubernetes/prerequisites.md names, or name a file by --mesh-config',
    });
  }
}

/** The same of a kind that not every release knows: nothing there is of it. */
export async function kubectlIfKnown(...command: readonly string[]): Promise<readonly Settings[]> {
  try {
    return await kubectl(...command);
  } catch (error) {
    if (error instanceof Error && error.message.includes("the server doesn't have a resource type"))
      return [];
    throw error;
  }
}
