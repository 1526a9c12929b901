import { DEPLOYER, type Fields, type GuardCase, refused } from './case.js';
import { DRIVEN, DRIVEN_REQUEST, OF_DRIVER, certificate, inShop } from './object.js';

const ISTIO_CSR = 'system:serviceaccount:cert-manager:cert-manager-istio-csr';

const CERT_MANAGER = 'system:serviceaccount:cert-manager:cert-manager';

/** Of the token that a kubelet has for a pod. */
export const OF_POD = { 'authentication.kubernetes.io/pod-name': ['egress-0'] };

const WEB = 'system:serviceaccount:shop:web';

const APPROVER = 'system:serviceaccount:cert-manager:cert-manager-csi-driver-spiffe-approver';

/** Of who asks for a certificate of the mesh. */
export const CERTIFICATES: readonly GuardCase[] = [
  // certificate-requests
  { what: 'a request of istio-csr', object: certificate('CertificateRequest'), user: ISTIO_CSR },
  {
    what: "a request of cert-manager, for a deployer's Certificate",
    object: certificate('CertificateRequest'),
    user: CERT_MANAGER,
  },
  {
    what: "a request of the CSI driver, for the egress gateway's pod",
    object: { ...DRIVEN_REQUEST, metadata: { ...DRIVEN_REQUEST.metadata, name: 'new' } },
    user: DRIVEN,
    extra: OF_POD,
  },
  {
    what: 'the same by somebody who impersonates the account of the egress gateway',
    object: { ...DRIVEN_REQUEST, metadata: { ...DRIVEN_REQUEST.metadata, name: 'new' } },
    user: DRIVEN,
    refusedBy: 'certificate-requests',
    because: /only a pod asks/,
  },
  ...refused('certificate-requests', [
    [
      "a request of another pod of the platform's namespace",
      /only the egress gateway asks/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: WEB })),
      WEB,
    ],
    [
      'a request of istio-csr to the issuer of the driver',
      /only the egress/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: ISTIO_CSR })),
      ISTIO_CSR,
    ],
    [
      'a request of the egress gateway in the name of another pod',
      /says who makes it/,
      inShop(certificate('CertificateRequest', OF_DRIVER, { username: 'system:serviceaccount:shop:orders' })),
      DRIVEN,
    ],
    [
      'a request of the egress gateway in another namespace',
      /only the egress/,
      certificate('CertificateRequest', OF_DRIVER, { username: DRIVEN }),
      DRIVEN,
    ],
    [
      "a request of the egress gateway to the mesh's issuer",
      /only istio-csr/,
      certificate('CertificateRequest'),
      DRIVEN,
    ],
    [
      'a Certificate of a deployer by the issuer of the driver',
      /only the egress/,
      certificate('Certificate', OF_DRIVER),
      DEPLOYER,
    ],
  ]).map((each) => ({ ...each, extra: OF_POD })),
  // cert-manager's own approver would approve any name.
  ...[CERT_MANAGER, 'somebody', DRIVEN].map((user) => ({
    what: `an approval of what the CSI driver asks, by ${user}`,
    object: { ...DRIVEN_REQUEST, status: judged('Approved') },
    before: DRIVEN_REQUEST,
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
    user,
    refusedBy: 'certificate-requests',
    because: /only the approver/,
  })),
  ...(
    [
      ['that it waits, by cert-manager', CERT_MANAGER, judged('Ready', 'False'), undefined],
      ['its refusal, by somebody', 'somebody', judged('Denied'), undefined],
      ['its approval, by the approver of the driver', APPROVER, judged('Approved'), undefined],
      [
        'that it is ready, by cert-manager, once it is approved',
        CERT_MANAGER,
        judged('Approved', 'True', 'Ready'),
        judged('Approved'),
      ],
    ] as const
  ).map(([what, user, status, before]) => ({
    what: `what becomes of a request of the CSI driver: ${what}`,
    object: { ...DRIVEN_REQUEST, status },
    before: { ...DRIVEN_REQUEST, ...(before && { status: before }) },
    operation: 'UPDATE' as const,
    subresource: 'status' as const,
    user,
  })),
  {
    what: "a request to somebody else's issuer",
    object: certificate('CertificateRequest', { name: 'letsencrypt', kind: 'ClusterIssuer' }),
  },
  {
    what: 'a request to an issuer of the same name in another namespace',
    object: {
      ...certificate('CertificateRequest'),
      metadata: { name: 'own', namespace: 'istio-ingress' },
    },
  },
  {
    what: 'a Certificate of a deployer',
    object: certificate('Certificate'),
    user: DEPLOYER,
    operation: 'UPDATE',
  },
  {
    what: 'a Certificate whose status or labels somebody writes',
    object: certificate('Certificate'),
    user: CERT_MANAGER,
    operation: 'UPDATE',
  },
  ...refused('certificate-requests', [
    ['a request of somebody else', /only istio-csr/, certificate('CertificateRequest')],
    [
      "a request that names the issuer's kind and group",
      /only istio-csr/,
      certificate('CertificateRequest', { name: 'shop-mesh', kind: 'Issuer', group: 'cert-manager.io' }),
    ],
    [
      'a request whose kind and group are empty',
      /only istio-csr/,
      certificate('CertificateRequest', { name: 'shop-mesh', kind: '', group: '' }),
    ],
    ['a Certificate of somebody else', /only the deployers/, certificate('Certificate')],
  ]),
  {
    what: 'a Certificate that cert-manager writes for an annotated Ingress',
    object: certificate('Certificate'),
    user: CERT_MANAGER,
    refusedBy: 'certificate-requests',
    because: /only the deployers/,
  },
  {
    what: 'another name in a Certificate that is there',
    object: certificate('Certificate', undefined, { dnsNames: ['evil.example'] }),
    before: certificate('Certificate'),
    operation: 'UPDATE',
    refusedBy: 'certificate-requests',
    because: /only the deployers/,
  },
];

/** The status of a request with these conditions. */
function judged(type: string, status = 'True', ...more: readonly string[]): Fields {
  const condition = { status, reason: 'spiffe.csi.cert-manager.io', message: 'looked at' };
  return { conditions: [type, ...more].map((each) => ({ type: each, ...condition })) };
}
