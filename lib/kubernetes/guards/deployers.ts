import { finding } from '../../coded-error.js';
import type { Diagnostic } from '../../diagnostic.js';

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
 * `deployers-everybody` for a user or a group that anybody may be, and `deployers-impersonated` for an account of one of
 * these namespaces: whoever has the role `edit` there may impersonate it, and have a token of it.
 */
export function deployerFindings(
  path: string,
  { users = [], groups = [] }: Deployers,
  namespaces: readonly string[],
): Diagnostic[] {
  const remedy = `name ${DEPLOYER_ACCOUNT}`;
  const isOwn = (user: string) =>
    namespaces.some((namespace) => user.startsWith(`system:serviceaccount:${namespace}:`));
  const impersonated = users
    .filter(isOwn)
    .map((user) =>
      finding(
        'deployers-impersonated',
        `${path}.users`,
        'whoever may edit its namespace can impersonate this account',
        { found: user, expected: 'an account of a namespace in which no team works', remedy },
      ),
    );
  const everybody = Object.entries({ users, groups }).flatMap(([field, names]) =>
    names
      .filter((name) => EVERYBODY.test(name))
      .map((name) =>
        finding('deployers-everybody', `${path}.${field}`, 'anybody, or any pod, may be that', {
          found: name.trim() === '' ? 'empty text' : name,
          expected: 'users and groups by name',
          remedy,
        }),
      ),
  );
  return [...impersonated, ...everybody];
}
