import type { Abilities, TargetName } from './ability.js';
import { authorizer } from './authorizer.js';
import { cedar } from './cedar.js';
import { envoy } from './envoy.js';
import { envoyGateway } from './envoy-gateway.js';
import { istio } from './istio.js';
import { istioAmbient } from './istio-ambient.js';

export type * from './ability.js';
export {
  MAX_RESOURCE_BYTES,
  MAX_SCHEMA_BYTES,
  MAX_STORE_POLICIES,
  POLICY_OVERHEAD_BYTES,
} from './cedar.js';
export { ENVOY_BEHIND_EDGE, MAX_REVOCATIONS } from './envoy.js';
export { LONGEST_LIFE, strictnessOf } from './stricter.js';
export { abilityTable, limitTable, stricterTable } from './table.js';

/** Every target with what it can express. */
export const ABILITIES: Readonly<Record<TargetName, Abilities>> = {
  authorizer,
  envoy,
  istio,
  'istio-ambient': istioAmbient,
  'envoy-gateway': envoyGateway,
  cedar,
};
