import { dirname, isAbsolute, join, resolve } from 'node:path';
import { excerpt } from '../lib/diagnostic.js';
import { extendModel, type ExtendedModel } from '../lib/model/extend.js';
import { placedError, type SourceText } from '../lib/model/text-places.js';
import { cliError } from './error.js';
import { loadModelFile, type ModelFile } from './model-file.js';

/** What a text that says `extends: ../model.ts` comes to. `extending` are the files on the way here, this one last. */
export async function extendedFile(
  shown: string,
  { model, files, texts }: ModelFile & { readonly model: { readonly extends?: unknown } },
  extending: readonly string[],
): Promise<ModelFile> {
  const { extends: named } = model;
  if (typeof named !== 'string' || named === '') {
    throw cliError('model-file-extends', shown, '`extends` names no model file', {
      found: excerpt(named),
      expected: 'its path, from the folder of this file: `extends: ../model.ts`',
    });
  }
  const path = isAbsolute(named) ? named : join(dirname(shown), named);
  if (extending.includes(resolve(path))) {
    throw cliError('model-file-extends', shown, 'the file extends itself', {
      found: [...extending, resolve(path)].map((file) => excerpt(file)).join(' → '),
      remedy: 'let one of them be a whole model',
    });
  }
  const base = await loadModelFile(path, extending);
  try {
    const extended = extendModel(base.model, model);
    return {
      model: extended.model,
      files: [...files, ...base.files],
      texts: [
        ...texts.map((text) => textOfChanges(text, extended)),
        ...base.texts.map((text) => textOfBase(text, extended)),
      ],
    };
  } catch (error) {
    throw placedError(error, [...texts, ...base.texts]);
  }
}

function textOfChanges(text: SourceText, { origins: { access, egress } }: ExtendedModel): SourceText {
  const named = (rules: typeof access) => rules.map(({ changes }) => changes);
  return { ...text, rules: { access: named(access), egress: named(egress) } };
}

/** A rule of the base is where it was there, and that may be a text that extends another. */
function textOfBase(text: SourceText, { origins }: ExtendedModel): SourceText {
  const before = (list: 'access' | 'egress') =>
    origins[list].map(({ base }) => (base === undefined || !text.rules ? base : text.rules[list][base]));
  return { ...text, rules: { access: before('access'), egress: before('egress') } };
}
