import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { AT_INGRESS } from './at-ingress.js';
import type { GuardCase } from './case.js';
import { CERTIFICATES } from './certificates.js';
import { DOCUMENTS } from './documents.js';
import { NAMESPACES } from './namespaces.js';
import { CONFIGURATION, DRIVEN_REQUEST, POLICY, certificate } from './object.js';
import { PARTS_OF_PODS } from './parts-of-pods.js';
import { ENDED, running } from './pod.js';
import { PODS } from './pods.js';
import { POLICIES } from './policies.js';
import { SIDECARS } from './sidecars.js';
import { WRITTEN_PODS } from './written-pods.js';

export { DEPLOYER, EGRESS_IMAGE, type GuardCase, IMAGES, PROXY, REVOKERS } from './case.js';
export { OF_POD } from './certificates.js';
export { certificate, DRIVEN } from './object.js';

/** What is there before it is changed, or taken away. */
export const EXISTING: readonly KubernetesObject[] = [
  POLICY,
  certificate('Certificate'),
  CONFIGURATION,
  running(),
  ENDED,
  DRIVEN_REQUEST,
];

/** Requests to the API server about the shop with sidecars, and with a gateway that is made. */
export const GUARD_CASES: readonly GuardCase[] = [
  ...SIDECARS,
  ...PODS,
  ...WRITTEN_PODS,
  ...DOCUMENTS,
  ...CERTIFICATES,
  ...NAMESPACES,
  ...PARTS_OF_PODS,
  ...POLICIES,
  ...AT_INGRESS,
];
