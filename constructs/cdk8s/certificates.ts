import type { Construct } from 'constructs';
import { certificateObjects, type CertificateOptions } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshCertificatesProps extends PartProps, CertificateOptions {}

/** What makes cert-manager, istio-csr and trust-manager the authority of the mesh, by an issuer of yours. */
export class MeshCertificates extends Part {
  constructor(scope: Construct, id: string, props: MeshCertificatesProps) {
    super(scope, id, props, () => certificateObjects(props.plan, props));
  }
}
