import { type CertificateOptions, ISTIO_CSR } from '../certificates.js';
import { ISTIO } from '../istio.js';
import type { MeshServiceAccount } from '../mesh-options.js';
import type { Deployers } from './deployers.js';
import { isOneOf } from './foreign-policy.js';
import { type Guard, literal, literals } from './guard.js';

const OPERATIONS = ['CREATE', 'UPDATE'] as const;

/**
 * Whoever has a certificate of the mesh's issuer under a name of the mesh is that workload. So nobody but istio-csr asks
 * that issuer, and cert-manager for the Certificates that a deployer wrote; in every namespace from which it can be asked.
 * @param driven the account whose pods have their certificate from the CSI driver, which asks as the pod
 */
export function certificateRequests(
  { issuer, namespace = ISTIO_CSR.namespace, certManager }: CertificateOptions,
  deployers: Deployers,
  driven?: MeshServiceAccount,
): Guard {
  const { name, kind = 'Issuer', group = 'cert-manager.io' } = issuer;
  const isOfOneNamespace = kind === 'Issuer' && group === 'cert-manager.io';
  const requesters = [serviceAccount(namespace, ISTIO_CSR.serviceAccount), certManagerUser({ certManager })];
  const asking = [ISTIO.namespace, ...(driven ? [driven.namespace] : [])];
  const isDriven = driven
    ? ` || (request.namespace == ${literal(driven.namespace)} && request.userInfo.username == ` +
      `${literal(serviceAccount(driven.namespace, driven.serviceAccount))})`
    : '';
  const isUnchanged = "(request.operation == 'UPDATE' && object.spec == oldObject.spec)";
  return {
    id: 'certificate-requests',
    isClusterWide: true,
    guarded: [
      {
        apiGroups: ['cert-manager.io'],
        resources: ['certificates', 'certificaterequests'],
        operations: OPERATIONS,
      },
    ],
    variables: {
      // cert-manager takes an empty text for the default as well.
      kind: filled('kind', 'Issuer'),
      group: filled('group', 'cert-manager.io'),
      isAsked: [
        `object.spec.issuerRef.name == ${literal(name)}`,
        `variables.kind == ${literal(kind)}`,
        `variables.group == ${literal(group)}`,
        // In every other namespace the same name is somebody else's issuer.
        ...(isOfOneNamespace ? [`request.namespace in ${literals(asking)}`] : []),
      ].join(' && '),
    },
    validations: [
      {
        expression:
          `!variables.isAsked || object.kind != 'CertificateRequest' || ${isUnchanged} || ` +
          `request.userInfo.username in ${literals(requesters)}${isDriven}`,
        message: "only istio-csr, cert-manager and the egress gateway ask the mesh's issuer",
      },
      {
        // Not cert-manager: it writes one for whoever annotates an Ingress or a Gateway.
        expression: `!variables.isAsked || object.kind != 'Certificate' || ${isUnchanged} || ${isOneOf(deployers)}`,
        message: "only the deployers of the platform write a Certificate of the mesh's issuer",
      },
    ],
  };
}

/** cert-manager's controller, as the API server knows it. */
export function certManagerUser({ certManager }: CertManager): string {
  const { namespace, serviceAccount: account } = { ...CERT_MANAGER, ...certManager };
  return serviceAccount(namespace, account);
}

interface CertManager {
  readonly certManager?: CertificateOptions['certManager'] | undefined;
}

function filled(field: string, otherwise: string): string {
  const own = `object.spec.issuerRef.${field}`;
  return `has(${own}) && ${own} != '' ? ${own} : '${otherwise}'`;
}

/** The account of cert-manager's controller, as its own chart makes it. */
const CERT_MANAGER = { namespace: 'cert-manager', serviceAccount: 'cert-manager' };

function serviceAccount(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
