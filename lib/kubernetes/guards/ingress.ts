import type { CertificateOptions } from '../certificates.js';
import { GATEWAY_KINDS } from '../foreign-kinds.js';
import type { IngressPlace } from '../ingress/place.js';
import { certManagerUser } from './certificate-requests.js';
import { TOKENS } from './account-tokens.js';
import type { Deployers } from './deployers.js';
import { enrolment } from './enrolment.js';
import { foreignPolicy, guardedKinds } from './foreign-policy.js';
import { meshRoots } from './mesh-roots.js';
import { type Guard, type Guarded, literal, literals, optional, PODS } from './guard.js';

const OPERATIONS: Guarded['operations'] = ['CREATE', 'UPDATE', 'DELETE'];

/**
 * What the API server refuses in the gateway's namespace: the loss of its standard of Pod Security, a policy of somebody else, a
 * certificate by which somebody else would be the gateway, and its service account, in the mesh the gateway's name: there is
 * none, no pod has it, and nobody a token of it.
 */
export function ingressGuards(
  place: IngressPlace,
  deployers: Deployers,
  certificates?: CertificateOptions,
): readonly Guard[] {
  const account = literal(place.serviceAccount);
  return [
    enrolment(),
    meshRoots(certificates),
    foreignPolicy(
      deployers,
      [],
      [
        ...guardedKinds(GATEWAY_KINDS),
        { apiGroups: ['cert-manager.io'], resources: ['certificates', 'issuers'], operations: OPERATIONS },
      ],
    ),
    {
      id: 'gateway-identity',
      purpose: 'Nobody is known to services as the gateway but the gateway that the platform made.',
      remedy: 'use a service account and certificates of your own elsewhere',
      guarded: [
        PODS,
        { apiGroups: [''], resources: ['serviceaccounts'], operations: ['CREATE'] },
        TOKENS,
        {
          apiGroups: ['cert-manager.io'],
          resources: ['certificaterequests'],
          operations: ['CREATE', 'UPDATE'],
        },
      ],
      variables: {
        isPod: "object.kind == 'Pod'",
        account: `variables.isPod ? (${optional('object.spec.serviceAccountName', "'default'")}) : ''`,
      },
      validations: [
        {
          expression: `variables.account != ${account}`,
          message: `no pod has the service account ${place.serviceAccount}: its name in the mesh is the gateway's`,
        },
        {
          expression: `(object.kind != 'ServiceAccount' || object.metadata.name != ${account}) && (object.kind != 'TokenRequest' || request.name != ${account})`,
          message: `nobody makes a service account ${place.serviceAccount}, or a token of it: its name in the mesh is the gateway's`,
        },
        {
          expression: `object.kind != 'CertificateRequest' || request.userInfo.username in ${literals([certManagerUser({ certManager: certificates?.certManager })])}`,
          message: 'only cert-manager asks for certificates, by the Certificate of the gateway',
        },
      ],
    },
  ];
}
