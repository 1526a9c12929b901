import type { ZeroTrustModel } from '../../model/platform.js';
import type { Engine } from '../../model/service.js';
import { trustDomainOf } from '../../plan/names.js';

/** Every Istio mesh is called this by default. */
export const MESH_DEFAULT = 'cluster.local';

/** Engines of which one mesh, and a try of it on one machine, has a part. */
const OF_ONE_MESH: readonly Engine[] = ['kubernetes', 'local'];

/** Whether the mesh keeps that name, and is all that the model speaks of: so nobody has to tell it from another. */
export function isMeshDefault(model: ZeroTrustModel, engine: Engine): boolean {
  if (trustDomainOf(model, 'kubernetes') !== MESH_DEFAULT) return false;
  const named = [engine, ...(Object.keys(model.authority?.trustDomains ?? {}) as Engine[])];
  return named.every((each) => OF_ONE_MESH.includes(each));
}
