export type { KubernetesObject, ObjectMetadata } from './object.js';
