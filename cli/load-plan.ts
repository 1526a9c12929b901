import { InvalidModelError } from '../lib/diagnostic.js';
import { parseModel } from '../lib/model/parse.js';
import type { PlainModel } from '../lib/model/plain-model.js';
import type { Engine } from '../lib/model/service.js';
import type { Plan } from '../lib/plan/plan.js';
import { type Resolution, tryResolve } from '../lib/plan/resolve.js';
import { loadModelFile } from './model-file.js';

/** The plan of a model file. Throws `InvalidModelError` with every finding if it has none. */
export async function loadPlan(path: string, engine: Engine): Promise<Plan> {
  const { plan, diagnostics } = await loadResolution(path, engine);
  if (!plan) throw new InvalidModelError(diagnostics);
  return plan;
}

/** The model of a file, checked. Throws `InvalidModelError`. */
export async function loadModel(path: string): Promise<PlainModel> {
  const { model: value, texts } = await loadModelFile(path);
  const { model, diagnostics } = parseModel(value);
  if (model) return model;
  const { placed } = await import('../lib/model/text-places.js');
  throw new InvalidModelError(placed(diagnostics, texts));
}

/** What a model file comes to, and every finding, in JSON and YAML with its place. */
export async function loadResolution(path: string, engine: Engine): Promise<Resolution> {
  const { model, texts } = await loadModelFile(path);
  const { plan, diagnostics } = tryResolve(model, { engine });
  if (diagnostics.length === 0 || texts.length === 0) return { ...(plan && { plan }), diagnostics };
  const { placed } = await import('../lib/model/text-places.js');
  return { ...(plan && { plan }), diagnostics: placed(diagnostics, texts) };
}
