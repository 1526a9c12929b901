import type { Construct } from 'constructs';
import { egressObjects, type EgressObjectsOptions } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshEgressProps extends PartProps, EgressObjectsOptions {}

/** The one way out: Envoy by the rules of the plan's egress, and the hosts outside as the mesh knows them. Nothing, if nothing may leave. */
export class MeshEgress extends Part {
  constructor(scope: Construct, id: string, props: MeshEgressProps) {
    super(scope, id, props, () => egressObjects(props.plan, props));
  }
}
