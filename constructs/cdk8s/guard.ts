import type { Construct } from 'constructs';
import { type GuardOptions, guardPolicies } from '../../lib/kubernetes/index.js';
import { Part, type PartProps } from './support/part.js';

export interface WorkloadGuardProps extends PartProps, GuardOptions {}

/** What the API server itself refuses in the plan's namespace: whatever would bypass the platform. */
export class WorkloadGuard extends Part {
  constructor(scope: Construct, id: string, props: WorkloadGuardProps) {
    super(scope, id, props, () => guardPolicies(props.plan, props));
  }
}
