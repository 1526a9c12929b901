export type { KubernetesObject, ObjectMetadata } from './object.js';
export type {
  MeshAuthorizationOptions,
  MeshDecisionService,
  MeshService,
  MeshServiceAccount,
} from './mesh-options.js';
