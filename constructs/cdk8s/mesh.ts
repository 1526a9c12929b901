import type { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import {
  checkedObjects,
  clientProofs,
  type ForeignPlacesOptions,
  foreignPlaces,
  type MeshAuthorizationOptions,
  meshAuthorization,
  meshOptions,
} from '../../lib/kubernetes/index.js';
import { at, warn } from './support/diagnostics.js';
import { foreignPolicies } from './support/foreign-policy.js';
import { checkObjects } from './support/object-checks.js';
import { checkObject } from './support/place.js';
import { Part, type PartProps } from './support/part.js';
import { checkWeakening, WEAKENED, type Weakening, weakened, weakeningText } from './support/weakening.js';

export interface MeshAuthorizationProps
  extends PartProps,
    ForeignPlacesOptions,
    Pick<MeshAuthorizationOptions, 'calledNamespaces' | 'clusterDomain' | 'revision'> {}

/** The access policy as objects of Istio: mutual TLS alone, an allow-nothing, and what the rules of each service say. */
export class MeshAuthorization extends Part {
  private readonly admitted = new Set<ApiObject>();

  constructor(scope: Construct, id: string, props: MeshAuthorizationProps) {
    super(scope, id, props, () => {
      const { plan, calledNamespaces, clusterDomain, revision } = props;
      return checkedObjects(
        meshAuthorization(plan, {
          ...meshOptions(plan, props),
          ...(calledNamespaces !== undefined && { calledNamespaces }),
          ...(clusterDomain !== undefined && { clusterDomain }),
          ...(revision !== undefined && { revision }),
        }),
      );
    });
    warn(at(this, () => clientProofs(props.plan, props)));
    const places = at(this, () => foreignPlaces(props.plan, props));
    checkObjects(this.node.root, (objects) => foreignPolicies(objects, places, this.admitted));
  }

  /**
   * Lets a policy of your own hold where the platform's own alone do (`foreign-policy`), with the same warning and annotation as
   * `weakened`. Throws `weakening-without-reason` and `weakening-expired`.
   */
  weakenedBy(object: ApiObject, weakening: Weakening): void {
    at(this, () => checkObject(object));
    const path = `${object.kind} ${object.name}`;
    at(this, () => checkWeakening(path, weakening, new Date()));
    this.admitted.add(object);
    object.metadata.addAnnotation(WEAKENED, weakeningText(weakening));
    warn([weakened(path, weakening)]);
  }
}
