import { parentPort, workerData } from 'node:worker_threads';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { cliError } from './error.js';
import type { Report } from './model-file-anew.js';
import { loadModelFile } from './model-file.js';

/** The thread of `loadModelFileAnew`. */
async function main(path: string): Promise<void> {
  try {
    const loaded = await loadModelFile(path);
    try {
      say({ kind: 'loaded', ...loaded });
    } catch (error) {
      // Only data passes from thread to thread, and a model is nothing else.
      const found = error instanceof Error ? error.message : String(error);
      throw cliError('model-file-exports', path, 'the model is not plain data', {
        found,
        remedy: 'export the model alone, without functions',
      });
    }
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    const { code, message, diagnostics } = error;
    say({ kind: 'failed', code, message, diagnostics: [...diagnostics] });
  }
}

function say(report: Report): void {
  parentPort?.postMessage(report);
}

void main(workerData as string);
