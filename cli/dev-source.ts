import { fork } from 'node:child_process';
import { dirname, resolve } from 'node:path';
import { type Diagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import type { LoadedSource } from '../local/follow.js';
import { nodeProgram } from '../local/package-root.js';
import { cliError } from './error.js';
import type { SourceText } from '../lib/model/text-places.js';

/** What the process that loads the files says. */
export type SourceReport =
  | {
      readonly model: unknown;
      readonly overlay?: unknown;
      readonly files: readonly string[];
      readonly texts: readonly SourceText[];
    }
  | { readonly code: string; readonly message: string; readonly diagnostics: readonly Diagnostic[] };

/** Milliseconds that a model may take to say what it is. */
const PATIENCE = 20_000;

/**
 * Read the model and the overlay in a process of their own: Node loads a module once, so a process
 * cannot follow edits of what it imports, and a model that never ends must not stop the platform.
 */
export async function loadSource(
  path: string,
  overlayPath: string | undefined,
): Promise<LoadedSource & { readonly texts: readonly SourceText[] }> {
  const report = await ask([path, ...(overlayPath === undefined ? [] : [overlayPath])]);
  if ('code' in report) throw new ZeroTrustError(report.code, report.message, report.diagnostics);
  const { model, overlay, files, texts } = report;
  return {
    source: {
      model,
      ...(overlayPath !== undefined && { overlay, overlayFolder: dirname(resolve(overlayPath)) }),
    },
    files,
    texts,
  };
}

async function ask(paths: readonly string[]): Promise<SourceReport> {
  const program = nodeProgram('cli/dev-source-child');
  const child = fork(program.at(-1) ?? '', paths, {
    execArgv: program.slice(0, -1),
    // Keeps apart what JSON does not: absent, null and not a number.
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    timeout: PATIENCE,
    killSignal: 'SIGKILL',
  });
  try {
    return await new Promise<SourceReport>((done, fail) => {
      child.once('message', (message) => done(message as SourceReport));
      child.once('error', fail);
      child.once('exit', (code, signal) => {
        const found = signal === 'SIGKILL' ? `nothing within ${PATIENCE / 1000} s` : `exit code ${code}`;
        // A message may still be on its way.
        setImmediate(() =>
          fail(
            cliError('model-file-ends', paths[0] ?? '', 'the file ends before it says its model', {
              found,
              remedy: 'let it only declare the model, and wait for nothing',
            }),
          ),
        );
      });
    });
  } finally {
    child.kill('SIGKILL');
  }
}
