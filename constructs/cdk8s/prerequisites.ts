import type { Construct } from 'constructs';
import {
  type PrerequisiteOptions,
  prerequisiteObjects,
  type Prerequisites,
  prerequisites,
} from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface MeshPrerequisitesProps extends PartProps, PrerequisiteOptions {}

/** What the other parts rely on, as data: releases, and values of the charts of Istio and istio-csr. */
export class MeshPrerequisites extends Part {
  readonly prerequisites: Prerequisites;

  constructor(scope: Construct, id: string, props: MeshPrerequisitesProps) {
    super(scope, id, props, () => prerequisiteObjects(props.plan, props));
    this.prerequisites = prerequisites(props.plan, props);
  }
}
