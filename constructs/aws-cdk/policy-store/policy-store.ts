import { ArnFormat, RemovalPolicy, Resource, Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { CfnPolicy, CfnPolicyStore } from 'aws-cdk-lib/aws-verifiedpermissions';
import type { Construct } from 'constructs';
import { type CedarPolicy, compileCedar } from '../../../lib/policy/compile/cedar/index.js';
import { checkLiteral } from '../support/literal.js';
import { acceptWeakening } from '../support/weakening.js';
import { checkExpressible, checkSizes, heldPolicy } from './checks.js';
import { ASK, grantAtStore, ImportedPolicyStore, type IPolicyStore } from './imported-policy-store.js';
import type { PolicyStoreProps } from './props.js';

/**
 * The access policy as an external decision point: a policy store of Amazon Verified Permissions with the
 * plan's rules in Cedar, validated in strict mode and protected from deletion. Who asks it has verified the
 * token before, and fills in what Cedar is told by `questionOf`.
 *
 * Throws `ConstructError`: `not-expressible` for a rule that Cedar cannot say exactly, with a request that
 * shows it; `policy-store-too-large` for what a store or a stack cannot hold.
 */
export class PolicyStore extends Resource implements IPolicyStore {
  /** A store that exists: what is in it is not known. */
  static fromPolicyStoreId(scope: Construct, id: string, policyStoreId: string): IPolicyStore {
    return new ImportedPolicyStore(scope, id, policyStoreId, arnOf(scope, policyStoreId));
  }

  /** A store that exists, perhaps in another account. */
  static fromPolicyStoreArn(scope: Construct, id: string, policyStoreArn: string): IPolicyStore {
    const { resourceName } = Stack.of(scope).splitArn(policyStoreArn, ArnFormat.SLASH_RESOURCE_NAME);
    return new ImportedPolicyStore(scope, id, resourceName!, policyStoreArn);
  }

  readonly policyStoreId: string;
  readonly policyStoreArn: string;

  constructor(scope: Construct, id: string, props: PolicyStoreProps) {
    super(scope, id);
    const { plan, deletable, services = Object.keys(plan.policy.services) } = props;
    const policy = heldPolicy(this, plan.policy, services);
    checkExpressible(this, policy);
    const document = compileCedar(policy);
    checkSizes(this, policy, document);
    if (deletable) acceptWeakening(this, 'deletable', deletable);
    const description = props.description ?? plan.trustDomain;
    checkLiteral(this, 'description', description);
    const store = new CfnPolicyStore(this, 'Resource', {
      validationSettings: { mode: 'STRICT' },
      schema: { cedarJson: JSON.stringify(document.schema) },
      deletionProtection: { mode: deletable ? 'DISABLED' : 'ENABLED' },
      description: description.slice(0, MAX_DESCRIPTION),
    });
    store.applyRemovalPolicy(deletable ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN);
    this.policyStoreId = store.attrPolicyStoreId;
    this.policyStoreArn = store.attrArn;
    this.hold(document.policies);
  }

  grant(grantee: IGrantable, ...actions: string[]): Grant {
    return grantAtStore(this, grantee, actions);
  }

  grantIsAuthorized(grantee: IGrantable): Grant {
    return this.grant(grantee, ASK);
  }

  /**
   * Every deny stands before any allow: no update of a stack, however it ends, leaves an allow in force
   * without a deny that came with it. What leaves the plan leaves the store.
   */
  private hold(policies: readonly CedarPolicy[]): void {
    let last: CfnPolicy | undefined;
    for (const deny of policies.filter(({ effect }) => effect === 'forbid')) {
      const resource = this.policy(deny);
      if (last) resource.node.addDependency(last);
      last = resource;
    }
    for (const allow of policies.filter(({ effect }) => effect === 'permit')) {
      const resource = this.policy(allow);
      if (last) resource.node.addDependency(last);
    }
  }

  private policy({ id, statement }: CedarPolicy): CfnPolicy {
    return new CfnPolicy(this, `Policy-${id.replace('/', '-')}`, {
      policyStoreId: this.policyStoreId,
      definition: { static: { description: id, statement } },
    });
  }
}

/** "API_CreatePolicyStore", description. */
const MAX_DESCRIPTION = 150;

/** The ARN of a policy store has no region. */
function arnOf(scope: Construct, policyStoreId: string): string {
  return Stack.of(scope).formatArn({
    service: 'verifiedpermissions',
    region: '',
    resource: 'policy-store',
    resourceName: policyStoreId,
  });
}
