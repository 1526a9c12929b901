import { authorizersJudgeEachRequest, everyMethodIsAuthorized } from './authorization.js';
import { noCircle } from './circles.js';
import { functionsAreCurrent, ownContainersAreConfined } from './compute.js';
import { rulesSeeEveryCall } from './events.js';
import type { Law } from './law.js';
import {
  endpointsLeadHome,
  everyListenerHasATlsPolicy,
  noOpenEgress,
  noOpenIngress,
  noPublicTask,
} from './network.js';
import {
  noManagedPolicyOfAws,
  noOpenPrincipal,
  noWildcardAction,
  noWildcardResource,
} from './permissions.js';
import { noSecretInAProperty } from './secrets.js';
import {
  everyBucketIsClosed,
  everyKeyRotates,
  everyLogIsKeptOnPurpose,
  everyStoreIsEncrypted,
} from './stores.js';

export type { Law } from './law.js';

/** Every law over the templates of a platform. */
export const LAWS: readonly Law[] = [
  everyMethodIsAuthorized,
  authorizersJudgeEachRequest,
  noWildcardAction,
  noWildcardResource,
  noManagedPolicyOfAws,
  noOpenPrincipal,
  noOpenEgress,
  noOpenIngress,
  endpointsLeadHome,
  everyListenerHasATlsPolicy,
  noPublicTask,
  everyStoreIsEncrypted,
  everyKeyRotates,
  everyBucketIsClosed,
  everyLogIsKeptOnPurpose,
  noSecretInAProperty,
  ownContainersAreConfined,
  functionsAreCurrent,
  rulesSeeEveryCall,
  noCircle,
];
