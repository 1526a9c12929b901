import { codedError } from '../../coded-error.js';

/** Who may change what the platform put into its namespace, as the API server knows them. */
export interface Deployers {
  /** User names: `system:serviceaccount:<namespace>:<name>` of a service account. @default none */
  readonly users?: readonly string[];
  /** Groups of users. @default none */
  readonly groups?: readonly string[];
}

/** Kubernetes, "Authenticating": groups that everybody, or every pod, is in; the user that nobody has to be; and patterns. */
const EVERYBODY = /^\s*$|\*|^system:((un)?authenticated|serviceaccounts|anonymous)(:|$)/;

/** Who applies manifests, for who reads an error. */
export const DEPLOYER_ACCOUNT =
  'an account of its own that Flux or Argo CD impersonates for this platform alone: `system:serviceaccount:shop-deploy:deployer`, for one';

/**
 * Throws `deployers-everybody` for a user or a group that anybody may be, and `deployers-impersonated` for an account of one of
 * these namespaces: whoever has the role `edit` there may impersonate it, and have a token of it.
 */
export function checkDeployers(
  path: string,
  { users = [], groups = [] }: Deployers,
  namespaces: readonly string[],
): void {
  const own = users.find((user) =>
    namespaces.some((namespace) => user.startsWith(`system:serviceaccount:${namespace}:`)),
  );
  if (own !== undefined) {
    throw codedError(
      'deployers-impersonated',
      `${path}.users`,
      'whoever may edit its namespace can impersonate this account',
      {
        found: own,
        expected: 'an account of a namespace in which no team works',
        remedy: `name ${DEPLOYER_ACCOUNT}`,
      },
    );
  }
  for (const [field, names] of Object.entries({ users, groups })) {
    const found = names.find((name) => EVERYBODY.test(name));
    if (found === undefined) continue;
    throw codedError('deployers-everybody', `${path}.${field}`, 'anybody, or any pod, may be that', {
      found: found.trim() === '' ? 'empty text' : found,
      expected: 'users and groups by name',
      remedy: `name ${DEPLOYER_ACCOUNT}`,
    });
  }
}
