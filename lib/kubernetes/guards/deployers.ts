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

/** Throws `deployers-everybody` for a user or a group that anybody may be. */
export function checkDeployers(path: string, { users = [], groups = [] }: Deployers): void {
  for (const [field, names] of Object.entries({ users, groups })) {
    const found = names.find((name) => EVERYBODY.test(name));
    if (found === undefined) continue;
    throw codedError('deployers-everybody', `${path}.${field}`, 'anybody, or any pod, may be that', {
      found: found.trim() === '' ? 'empty text' : found,
      expected: 'users and groups by name',
      remedy:
        'name the account that applies manifests: `system:serviceaccount:flux-system:kustomize-controller`, for one',
    });
  }
}
