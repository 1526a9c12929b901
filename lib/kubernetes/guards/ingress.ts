import type { CertificateOptions } from '../certificates.js';
import type { IngressPlace } from '../ingress/place.js';
import { certManagerUser } from './certificate-requests.js';
import type { Deployers } from './deployers.js';
import { foreignPolicy } from './foreign-policy.js';
import { type Guard, type Guarded, literal, literals, optional, PODS } from './guard.js';

const OPERATIONS: Guarded['operations'] = ['CREATE', 'UPDATE', 'DELETE'];

/** By which a route leads clients somewhere, or the gateway asks nobody any more; beside the Gateway API itself. */
export const INGRESS_KINDS: readonly Guarded[] = [
  {
    apiGroups: ['gateway.envoyproxy.io'],
    resources: [
      ...['securitypolicies', 'clienttrafficpolicies', 'backendtrafficpolicies', 'envoyextensionpolicies'],
      ...['envoypatchpolicies', 'envoyproxies', 'httproutefilters', 'backends'],
    ],
    operations: OPERATIONS,
  },
];

/**
 * What the API server refuses in the gateway's namespace: a policy of somebody else, a certificate by which somebody else
 * would be the gateway, and a pod that has its service account, and by it its name in the mesh.
 */
export function ingressGuards(
  place: IngressPlace,
  deployers: Deployers,
  certManager?: CertificateOptions['certManager'],
): readonly Guard[] {
  return [
    foreignPolicy(
      deployers,
      [],
      [
        ...INGRESS_KINDS,
        { apiGroups: ['cert-manager.io'], resources: ['certificates', 'issuers'], operations: OPERATIONS },
      ],
    ),
    {
      id: 'gateway-identity',
      guarded: [
        PODS,
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
          expression: `variables.account != ${literal(place.serviceAccount)}`,
          message: `no pod has the service account ${place.serviceAccount}: its name in the mesh is the gateway's`,
        },
        {
          expression: `variables.isPod || request.userInfo.username in ${literals([certManagerUser({ certManager })])}`,
          message: 'only cert-manager asks for certificates, by the Certificate of the gateway',
        },
      ],
    },
  ];
}
