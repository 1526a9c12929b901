import { InvalidModelError, ZeroTrustError } from '../lib/diagnostic.js';
import { parseModel } from '../lib/model/parse.js';
import type { SourceReport } from './dev-source.js';
import { loadModelFile } from './model-file.js';
import { placedError, type SourceText } from '../lib/model/text-places.js';

/** The program behind `loadSource`: reads a model file, and an overlay if there is one. */
async function main(path: string, overlayPath: string | undefined): Promise<SourceReport> {
  try {
    const loaded = await loadModelFile(path);
    const texts: SourceText[] = [...loaded.texts];
    // Builders and functions do not pass between processes; what is checked does.
    const { model, diagnostics } = parseModel(loaded.model);
    if (!model) throw placedError(new InvalidModelError(diagnostics), texts);
    if (overlayPath === undefined) return { model, files: loaded.files, texts };
    const overlay = await loadModelFile(overlayPath);
    texts.push(...overlay.texts.map((text) => ({ ...text, under: 'overlay' })));
    return { model, overlay: overlay.model, files: [...loaded.files, ...overlay.files], texts };
  } catch (error) {
    if (!(error instanceof ZeroTrustError)) throw error;
    return { code: error.code, message: error.message, diagnostics: error.diagnostics };
  }
}

void main(process.argv[2] ?? '', process.argv[3]).then((report) => process.send?.(report));
