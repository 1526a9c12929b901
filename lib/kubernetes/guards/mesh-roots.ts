import { type CertificateOptions, ISTIO_CSR } from '../certificates.js';
import { ISTIO } from '../istio.js';
import { isPurge } from './foreign-policy.js';
import { type Guard, literal, literals, NAME } from './guard.js';

/** istiod's account; with a revision it has that in its name. */
const ISTIOD = `system:serviceaccount:${ISTIO.namespace}:istiod`;
/** As its own chart makes it. */
const TRUST_MANAGER = { namespace: 'cert-manager', serviceAccount: 'trust-manager' };

/**
 * The roots by which whatever is not a sidecar knows the mesh, the gateway for one, written by somebody else: whom they signed
 * would be any workload. istio-csr writes them where it is the authority.
 */
export function meshRoots({
  namespace = ISTIO_CSR.namespace,
  trustManager = TRUST_MANAGER,
}: Partial<CertificateOptions> = {}): Guard {
  const authority = `system:serviceaccount:${namespace}:${ISTIO_CSR.serviceAccount}`;
  const bundles = `system:serviceaccount:${trustManager.namespace}:${trustManager.serviceAccount}`;
  return {
    id: 'mesh-roots',
    purpose: 'Whatever knows workloads by the roots of the mesh knows them by no others.',
    remedy: 'keep authorities of your own in a ConfigMap of another name',
    guarded: [{ apiGroups: [''], resources: ['configmaps'], operations: ['CREATE', 'UPDATE', 'DELETE'] }],
    validations: [
      {
        expression:
          `${NAME} != ${literal(ISTIO.roots)} || request.userInfo.username in ${literals([ISTIOD, authority, bundles])} || ` +
          `request.userInfo.username.startsWith(${literal(`${ISTIOD}-`)}) || ${isPurge}`,
        message: `only the authority of the mesh writes ${ISTIO.roots}, by which its workloads are known`,
      },
    ],
  };
}
