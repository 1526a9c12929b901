import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import { cliError } from './error.js';
import type { ModelFile } from './model-file.js';

/** What the thread says. */
export type Report =
  | ({ readonly kind: 'loaded' } & ModelFile)
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      readonly diagnostics: Diagnostic[];
    };

/**
 * `loadModelFile` in a thread of its own, where no module has been loaded: the file and all that it
 * imports are read as they are now. The model is plain data, without its builders.
 */
export async function loadModelFileAnew(path: string): Promise<ModelFile> {
  const worker = new Worker(join(__dirname, `model-file-thread${extname(__filename)}`), { workerData: path });
  try {
    const report = await new Promise<Report>((done, fail) => {
      worker.once('message', (message) => done(message as Report));
      worker.once('error', fail);
      worker.once('exit', () =>
        fail(
          cliError('model-file-throws', path, 'the file ends the process that loads it', {
            remedy: 'let it only declare the model',
          }),
        ),
      );
    });
    if (report.kind === 'failed') throw new ZeroTrustError(report.code, report.message, report.diagnostics);
    return { model: report.model, files: report.files, texts: report.texts };
  } finally {
    await worker.terminate();
  }
}
