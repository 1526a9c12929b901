import { type EmittedDecisionService, policyPrefix } from '../decision/options.js';
import { REVOCATIONS, REVOCATIONS_KEY, REVOCATIONS_VERSION } from '../decision/revocations-map.js';
import type { Deployers } from './deployers.js';
import { isOneOf, isPurge } from './foreign-policy.js';
import { type Guard, literal, literals } from './guard.js';

/** The authorities of the API server, which tells the decision service what is revoked. */
const CLUSTER_AUTHORITIES = 'kube-root-ca.crt';

/** Who writes them: a controller under its own account, or under that of the controller manager if it has none. */
const PUBLISHERS = [
  'system:serviceaccount:kube-system:root-ca-cert-publisher',
  'system:kube-controller-manager',
];

const WRITTEN = `data[?${literal(REVOCATIONS_KEY)}].orValue('')`;
const VERSION = `metadata.?annotations[?${literal(REVOCATIONS_VERSION)}].orValue('')`;

/** What is revoked, before and after; nothing before it was made. */
const WAS = {
  document: `oldObject == null ? '' : oldObject.?${WRITTEN}`,
  version: `oldObject == null ? '' : oldObject.${VERSION}`,
};
const IS = {
  document: `object == null ? '' : object.?${WRITTEN}`,
  version: `object == null ? '' : object.${VERSION}`,
};

/**
 * The document is left alone, or another of a higher version takes its place, which its text begins with: pods that run take
 * no older one, and those that start know of none.
 */
const IS_SUCCESSOR =
  '(variables.document == variables.documentBefore && variables.version == variables.versionBefore) || ' +
  `(variables.version.matches('^[0-9]{1,18}$') && variables.document.startsWith('{"version":' + variables.version + ',') && ` +
  "int(variables.version) > int(variables.versionBefore == '' ? '-1' : variables.versionBefore))";

/**
 * What the decision service decides by: its policy and the authorities that it believes, of which the deployers alone make
 * others, and what is revoked, which `revokers` write as well. Whoever may write ConfigMaps of the namespace could else let
 * anybody in.
 */
export function decisionDocuments(
  options: EmittedDecisionService,
  deployers: Deployers,
  revokers: Deployers = {},
): Guard {
  const authorities = options.issuerAuthorities?.configMap ?? CLUSTER_AUTHORITIES;
  return {
    id: 'decision-documents',
    purpose:
      'The decision service decides by what the deployers of the platform wrote, and nothing that is revoked comes back.',
    remedy: 'apply manifests as a deployer, and revoke by ztp revoke',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
    variables: {
      // A request that deletes all of them, or leaves the name to the API server, names none itself.
      name: `request.operation == 'DELETE' ? oldObject.metadata.name : object.metadata.name`,
      documentBefore: WAS.document,
      document: IS.document,
      versionBefore: WAS.version,
      version: IS.version,
    },
    validations: [
      {
        expression: `!variables.name.startsWith(${literal(`${policyPrefix(options)}-`)}) || ${isOneOf(deployers)} || ${isPurge}`,
        message: 'only the deployers of the platform make a policy of the decision service, or take it away',
      },
      {
        expression: `variables.name != ${literal(REVOCATIONS)} || ${isOneOf(deployers)} || (request.operation == 'UPDATE' && (${isOneOf(revokers)})) || ${isPurge}`,
        message: 'only the deployers of the platform and its revokers write what is revoked',
      },
      {
        expression: `variables.name != ${literal(REVOCATIONS)} || request.operation == 'DELETE' || ${IS_SUCCESSOR}`,
        message: `what is revoked is followed by a higher version alone, which the annotation ${REVOCATIONS_VERSION} says as well`,
      },
      {
        expression: `variables.name != ${literal(CLUSTER_AUTHORITIES)} || request.userInfo.username in ${literals(PUBLISHERS)} || ${isPurge}`,
        message: `only the control plane writes ${CLUSTER_AUTHORITIES}, by which the API server is known`,
      },
      ...(authorities === CLUSTER_AUTHORITIES
        ? []
        : [
            {
              expression: `variables.name != ${literal(authorities)} || ${isOneOf(deployers)} || ${isPurge}`,
              message: 'only the deployers of the platform write the authorities that issuers are known by',
            },
          ]),
    ],
  };
}
