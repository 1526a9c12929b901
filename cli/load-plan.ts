import type { Engine } from '../lib/model/service.js';
import type { Plan } from '../lib/plan/plan.js';
import { resolve } from '../lib/plan/resolve.js';
import { loadModelFile } from './model-file.js';

/** The plan of a model file. Throws `InvalidModelError` with every finding if it has none. */
export async function loadPlan(path: string, engine: Engine): Promise<Plan> {
  const { model } = await loadModelFile(path);
  return resolve(model, { engine });
}
