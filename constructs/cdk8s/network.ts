import type { Construct } from 'constructs';
import { networkPolicies, type NetworkOptions, publicNetworks } from '../../lib/kubernetes/index.js';
import { warn } from './support/diagnostics.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshNetworkPoliciesProps extends PartProps, NetworkOptions {}

/** Default deny in both directions, and exactly the flows that the plan has. */
export class MeshNetworkPolicies extends Part {
  constructor(scope: Construct, id: string, props: MeshNetworkPoliciesProps) {
    super(scope, id, props, () => networkPolicies(props.plan, props));
    warn(publicNetworks(props.shared));
  }
}
