import { InvalidModelError } from '../lib/diagnostic.js';
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

/** What a model file comes to, and every finding, in JSON and YAML with its place. */
export async function loadResolution(path: string, engine: Engine): Promise<Resolution> {
  const { model, text } = await loadModelFile(path);
  const { plan, diagnostics } = tryResolve(model, { engine });
  if (diagnostics.length === 0 || !text) return { ...(plan && { plan }), diagnostics };
  const { placed } = await import('../lib/model/text-places.js');
  return { ...(plan && { plan }), diagnostics: placed(diagnostics, [text]) };
}
