import { type IResource, Resource } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** A policy store of Amazon Verified Permissions. */
export interface IPolicyStore extends IResource {
  readonly policyStoreId: string;
  readonly policyStoreArn: string;
  /** Let an identity do something with this store alone, such as `verifiedpermissions:GetSchema`. */
  grant(grantee: IGrantable, ...actions: string[]): Grant;
  /** Let an identity ask for decisions: what the point before the store needs, and no more. */
  grantIsAuthorized(grantee: IGrantable): Grant;
}

/** To ask, one question or several: `BatchIsAuthorized` has no action of its own. */
export const ASK = 'verifiedpermissions:IsAuthorized';

/** A store that another stack or app made. */
export class ImportedPolicyStore extends Resource implements IPolicyStore {
  constructor(
    scope: Construct,
    id: string,
    readonly policyStoreId: string,
    readonly policyStoreArn: string,
  ) {
    super(scope, id, { environmentFromArn: policyStoreArn });
  }

  grant(grantee: IGrantable, ...actions: string[]): Grant {
    return grantAtStore(this, grantee, actions);
  }

  grantIsAuthorized(grantee: IGrantable): Grant {
    return this.grant(grantee, ASK);
  }
}

export function grantAtStore(store: IPolicyStore, grantee: IGrantable, actions: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: [store.policyStoreArn] });
}
