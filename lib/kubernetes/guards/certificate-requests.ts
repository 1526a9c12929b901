import {
  CERT_MANAGER,
  type CertificateOptions,
  CSI_DRIVER_SPIFFE,
  driverReference,
  type IssuerReference,
  ISTIO_CSR,
  reference,
} from '../certificates.js';
import { ISTIO } from '../istio.js';
import type { MeshServiceAccount } from '../mesh-options.js';
import type { Deployers } from './deployers.js';
import { isOneOf } from './foreign-policy.js';
import { type Guard, literal, literals } from './guard.js';

const OPERATIONS = ['CREATE', 'UPDATE'] as const;

/**
 * Whoever has a certificate of the mesh's issuer under a name of the mesh is that workload. So nobody but istio-csr asks
 * that issuer, and cert-manager for the Certificates that a deployer wrote; in every namespace from which it can be asked.
 * Of the driver's issuer each pod asks under its own account, by a token that names the pod, and the driver's approver alone
 * holds the name against it: cert-manager's own would approve any.
 * @param driven the account whose pods have their certificate from the CSI driver, which asks as the pod
 */
export function certificateRequests(
  options: CertificateOptions,
  deployers: Deployers,
  driven?: MeshServiceAccount,
): Guard {
  const { issuer, namespace = ISTIO_CSR.namespace, certManager } = options;
  const mesh = reference(issuer, 'Issuer');
  const driver = driven && driverReference(options);
  const requesters = [serviceAccount(namespace, ISTIO_CSR.serviceAccount), certManagerUser({ certManager })];
  return {
    id: 'certificate-requests',
    purpose: 'Nobody has a certificate under a name of the mesh but the workload of that name.',
    remedy: 'ask an issuer of your own for other certificates',
    isClusterWide: true,
    guarded: [
      {
        apiGroups: ['cert-manager.io'],
        resources: ['certificates', 'certificaterequests'],
        operations: OPERATIONS,
      },
      ...(driver
        ? [
            {
              apiGroups: ['cert-manager.io'],
              resources: ['certificaterequests/status'],
              operations: ['UPDATE'] as const,
            },
          ]
        : []),
    ],
    variables: {
      // cert-manager takes an empty text for the default as well.
      kind: filled('kind', 'Issuer'),
      group: filled('group', 'cert-manager.io'),
      // In every other namespace the same name is somebody else's issuer.
      isAsked: isOf(mesh, mesh.kind === 'Issuer' && mesh.group === 'cert-manager.io'),
    },
    validations: [
      {
        expression:
          `!variables.isAsked || object.kind != 'CertificateRequest' || ${IS_UNCHANGED} || ` +
          `request.userInfo.username in ${literals(requesters)}`,
        message: "only istio-csr and cert-manager ask the mesh's issuer",
      },
      {
        // Not cert-manager: it writes one for whoever annotates an Ingress or a Gateway.
        expression: `!variables.isAsked || object.kind != 'Certificate' || ${IS_UNCHANGED} || ${isOneOf(deployers)}`,
        message: "only the deployers of the platform write a Certificate of the mesh's issuer",
      },
      ...(driver ? driverRules(driver, driven, namespace) : []),
    ],
  };
}

const IS_UNCHANGED = "(request.operation == 'UPDATE' && object.spec == oldObject.spec)";

/**
 * In what the API server knows of who asks, if that is the token of a pod (Kubernetes, "Managing Service Accounts"). Whoever
 * only impersonates the account needs a right of its own to say it: `impersonate` for `userextras`, which the role `edit` has not.
 */
const POD_NAME = literal('authentication.kubernetes.io/pod-name');

function driverRules(
  driver: Required<IssuerReference>,
  { namespace, serviceAccount: account }: MeshServiceAccount,
  ofDriver: string,
): Guard['validations'] {
  const isDriver = `(${isOf(driver, false)})`;
  const approver = serviceAccount(ofDriver, CSI_DRIVER_SPIFFE.approver);
  return [
    {
      expression:
        `!${isDriver} || ${IS_UNCHANGED} || (object.kind == 'CertificateRequest' && request.namespace == ${literal(namespace)} && ` +
        `request.userInfo.username == ${literal(serviceAccount(namespace, account))})`,
      message: "only the egress gateway asks the CSI driver's issuer, under its own account",
    },
    {
      expression:
        `!${isDriver} || object.kind != 'CertificateRequest' || ${IS_UNCHANGED} || ` +
        `(has(request.userInfo.extra) && ${POD_NAME} in request.userInfo.extra)`,
      message: "only a pod asks the CSI driver's issuer, by a token of its own",
    },
    {
      // cert-manager writes it, and the approver believes it.
      expression:
        `!${isDriver} || object.kind != 'CertificateRequest' || ${IS_UNCHANGED} || ` +
        '(has(object.spec.username) && object.spec.username == request.userInfo.username)',
      message: "a request to the CSI driver's issuer says who makes it",
    },
    {
      expression:
        `!${isDriver} || object.kind != 'CertificateRequest' || !${isApproved('object')} || ` +
        `(request.operation == 'UPDATE' && ${isApproved('oldObject')}) || request.userInfo.username == ${literal(approver)}`,
      message: 'only the approver of the CSI driver approves what its issuer is asked',
    },
  ];
}

function isApproved(object: string): string {
  return (
    `(has(${object}.status) && has(${object}.status.conditions) && ` +
    `${object}.status.conditions.exists(c, c.type == 'Approved' && c.status == 'True'))`
  );
}

/** The issuer that is asked is this one; an `Issuer` is that of `istio-system`. */
function isOf({ name, kind, group }: Required<IssuerReference>, isOfOneNamespace: boolean): string {
  return [
    `object.spec.issuerRef.name == ${literal(name)}`,
    `variables.kind == ${literal(kind)}`,
    `variables.group == ${literal(group)}`,
    ...(isOfOneNamespace ? [`request.namespace == ${literal(ISTIO.namespace)}`] : []),
  ].join(' && ');
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

function serviceAccount(namespace: string, name: string): string {
  return `system:serviceaccount:${namespace}:${name}`;
}
