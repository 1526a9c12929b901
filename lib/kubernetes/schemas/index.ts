export { certificates } from './certificates.js';
export { checkOptions } from './check.js';
export { guard, opened, ownGuard } from './guard.js';
export { mesh } from './mesh.js';
export { network, ownNetwork } from './network.js';
export { clusterDomain, labels, type Members, revision, text } from './parts.js';
export { prerequisites } from './prerequisites.js';
export { visibility } from './visibility.js';
export { inCluster, ingressObjects, namespace, workloads } from './workloads.js';
