import type { Construct } from 'constructs';
import { type GatewayIngressOptions, ingressObjects } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshIngressProps extends PartProps, GatewayIngressOptions {}

/** The gateway through which users come, for Envoy Gateway: what passes, how clients connect, and where it leads. */
export class MeshIngress extends Part {
  constructor(scope: Construct, id: string, props: MeshIngressProps) {
    super(scope, id, props, () => ingressObjects(props.plan, props));
  }
}
