export { checkCluster, type ClusterPart, type ClusterState, type WantedCluster } from './check.js';
export { APPROVER_LABELS, CONTROLLER_LABELS, isController, isOfCertManager } from './controllers.js';
export {
  checkForeignPolicies,
  type ClosedPlace,
  closedPlaces,
  isClosed,
  isForeignKind,
  type OwnPolicies,
} from './foreign-policies.js';
export { ADMISSION_KINDS, checkGuards, isOfGuard } from './guards.js';
export { isIssuer, ISSUERS, wantedIssuers } from './issuers.js';
export { MUTATING_KINDS } from './mutation.js';
export { checkRootPolicies, type Reached, ROOT_KINDS } from './root-policies.js';
export { releaseOf } from './version.js';
