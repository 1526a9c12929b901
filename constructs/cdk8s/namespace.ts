import type { Construct } from 'constructs';
import { type NamespaceOptions, namespaceObjects } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshNamespaceProps extends PartProps, NamespaceOptions {}

/** The plan's namespace, enrolled in the mesh at Pod Security `restricted`, and a service account for each workload. */
export class MeshNamespace extends Part {
  constructor(scope: Construct, id: string, props: MeshNamespaceProps) {
    super(scope, id, props, () => namespaceObjects(props.plan, props));
  }
}
