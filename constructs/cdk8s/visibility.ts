import type { Construct } from 'constructs';
import { visibilityObjects, type VisibilityOptions } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshVisibilityProps extends PartProps, VisibilityOptions {}

/** The decision log of every sidecar, and what security must hear of. */
export class MeshVisibility extends Part {
  constructor(scope: Construct, id: string, props: MeshVisibilityProps) {
    super(scope, id, props, () => visibilityObjects(props.plan, props));
  }
}
