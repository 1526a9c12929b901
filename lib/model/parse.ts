import type { Diagnostic } from '../diagnostic.js';
import { issueDiagnostics } from './issues.js';
import { nameDiagnostics } from './names.js';
import { notSupportedDiagnostics } from './not-supported.js';
import { plainCopy } from './plain.js';
import type { PlainModel } from './plain-model.js';
import type { ZeroTrustModel } from './platform.js';
import { modelSchema } from './schema.js';

export interface ParsedModel {
  /** Absent if any diagnostic is an error. */
  readonly model?: PlainModel;
  readonly diagnostics: Diagnostic[];
}

/**
 * A model from outside, written in whatever language: plain data first, then its shape, then every
 * name in it. Each step needs the one before. Never throws.
 */
export function parseModel(input: unknown): ParsedModel {
  const plain = plainCopy(input);
  if (plain.diagnostics.length > 0) return { diagnostics: plain.diagnostics };
  const shaped = modelSchema.safeParse(plain.value);
  if (!shaped.success) return { diagnostics: issueDiagnostics(shaped.error.issues, plain.value) };
  const { access = [], ...rest } = shaped.data as Omit<ZeroTrustModel, 'access' | 'egress'> &
    Partial<Pick<PlainModel, 'access' | 'egress'>>;
  const model: PlainModel = { ...rest, access };
  const diagnostics = [...nameDiagnostics(model), ...notSupportedDiagnostics(model)];
  return diagnostics.length > 0 ? { diagnostics } : { model, diagnostics };
}
