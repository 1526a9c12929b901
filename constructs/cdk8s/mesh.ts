import type { Construct } from 'constructs';
import {
  checkedObjects,
  clientProofs,
  type MeshAuthorizationOptions,
  meshAuthorization,
  meshOptions,
  type WorkloadsOptions,
} from '../../lib/kubernetes/index.js';
import { at, warn } from './support/diagnostics.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshAuthorizationProps
  extends PartProps,
    WorkloadsOptions,
    Pick<MeshAuthorizationOptions, 'calledNamespaces' | 'clusterDomain' | 'revision'> {}

/** The access policy as objects of Istio: mutual TLS alone, an allow-nothing, and what the rules of each service say. */
export class MeshAuthorization extends Part {
  constructor(scope: Construct, id: string, props: MeshAuthorizationProps) {
    const { plan, labels = {}, calledNamespaces, clusterDomain, revision, ...workloads } = props;
    super(scope, id, labels, () =>
      checkedObjects(
        meshAuthorization(plan, {
          ...meshOptions(plan, workloads),
          ...(calledNamespaces && { calledNamespaces }),
          ...(clusterDomain !== undefined && { clusterDomain }),
          ...(revision !== undefined && { revision }),
        }),
      ),
    );
    warn(at(this, () => clientProofs(plan, workloads)));
  }
}
