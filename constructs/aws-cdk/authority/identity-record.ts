import { CfnResource, Stack, Stage, Token } from 'aws-cdk-lib';
import type { IRole, Role } from 'aws-cdk-lib/aws-iam';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import { Construct } from 'constructs';
import { identityRecordName } from '../../../lib/authority/identity-record.js';
import { keyTunnelSpiffeId } from '../../../lib/envoy/key-tunnel.js';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { asMade, keepAsMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';
import { acceptWeakening, type Weakening } from '../support/weakening.js';
import { trustTasksOnly } from './role-trust.js';
import { namesOf, sharedIdentities } from './role-uses.js';

/** A role whose trust policy nobody has seen: whoever can assume it has the workload's identity. */
export interface ImportedRole extends Weakening {
  /** IAM's unique id, `AROA…` (`aws iam get-role`). */
  readonly roleId: string;
}

export interface IdentityRecordProps {
  readonly plan: Plan;
  /** A service of the plan, `gateway`, `egress`, or `key-tunnel`. */
  readonly service: string;
  /** The task role of that service alone. */
  readonly role: IRole;
  /** Needed for a role that is not made in this app. @default the role's trust is set and checked here */
  readonly importedRole?: ImportedRole;
}

/** What the CDK gives for a value that it is still to look up; a later pass has the value. */
const LOOKED_UP = 'dummy-value-for-';
const ROLE_ID = /^AROA[A-Z0-9]{12,124}$/;

/**
 * The one record by which the registration authority knows a role as a service. It lies in the stack of
 * the task definition, so the platform never needs a value of that stack.
 *
 * Throws `ConstructError` for a service that the plan lacks, a role that something else can assume, and a
 * role that is another service's already. Synthesis stops where something else in the app has the role: it is the
 * identity.
 */
export class IdentityRecord extends Construct {
  readonly service: string;
  readonly role: IRole;
  readonly spiffeId: string;
  readonly parameterName: string;
  /** What is said to be the id of a role that is not made in this app. */
  readonly importedId?: string;

  constructor(scope: Construct, id: string, props: IdentityRecordProps) {
    super(scope, id);
    const { plan, service, role } = props;
    this.service = service;
    this.role = role;
    if (props.importedRole) this.importedId = props.importedRole.roleId;
    const point = pointOf(this, plan, service);
    this.spiffeId = point.spiffeId;
    this.checkSingle();
    this.watch();
    const roleId = this.roleIdOf(props);
    this.parameterName = identityRecordName(plan.trustDomain, roleId, service);
    const record = new CfnParameter(this, 'Resource', {
      type: 'String',
      name: this.parameterName,
      description: `Identity of ${service} on ${plan.trustDomain}`,
      value: Stack.of(this).toJsonString({
        account: Stack.of(this).account,
        roleName: role.roleName,
        roleId,
        point: point.key,
      }),
    });
    keepAsMade(this, asMade(record, { Type: record.type, Name: record.name, Value: record.value }));
  }

  private checkSingle(): void {
    const records = this.node.root.node.findAll().filter(isRecord);
    const other = records.find((record) => record !== this && this.hasRoleOf(record));
    if (!other) return;
    const same = other.service === this.service;
    throw new ConstructError(this, {
      code: same ? 'service-joined-twice' : 'role-of-two-services',
      message: same ? `${this.service} has joined with this role already` : 'one role would be two services',
      prop: 'role',
      found: `${this.role.node.path}, the role of ${other.service} at ${other.node.path}`,
      expected: 'a role for each service',
      remedy: same ? 'Remove one of the two.' : `Give ${this.service} a task role of its own.`,
    });
  }

  /** One record of each stage looks for all of them: the tree is gone through once. */
  private watch(): void {
    const stage = Stage.of(this) ?? this.node.root;
    const records = () =>
      stage.node
        .findAll()
        .filter(isRecord)
        .filter((record) => Stage.of(record) === stage);
    if (records().length > 1) return;
    this.node.addValidation({
      validate: () => sharedIdentities(stage, records()).map(({ code, message }) => `${code}: ${message}`),
    });
  }

  /** One role may stand as many constructs: made here, and imported by its name or ARN. */
  private hasRoleOf({ role, importedId }: IdentityRecord): boolean {
    if (role === this.role || isSameValue(role.roleArn, this.role.roleArn)) return true;
    if (
      importedId !== undefined &&
      this.importedId !== undefined &&
      isSameValue(importedId, this.importedId)
    ) {
      return true;
    }
    return namesOf(role).some((name) => namesOf(this.role).some((own) => isSameValue(own, name)));
  }

  private roleIdOf({ role, importedRole }: IdentityRecordProps): string {
    if (isOwned(role)) {
      trustTasksOnly(this, role);
      return role.roleId;
    }
    if (!importedRole) {
      throw new ConstructError(this, {
        code: 'imported-role',
        message: 'the role is not made in this app, so what can assume it is unknown',
        prop: 'role',
        found: role.node.path,
        remedy:
          'Make the role in this app, or give importedRole with its id, a reason and an end, after its trust policy was read.',
      });
    }
    acceptWeakening(this, 'importedRole', importedRole);
    const { roleId } = importedRole;
    if (Token.isUnresolved(roleId) || ROLE_ID.test(roleId) || roleId.startsWith(LOOKED_UP)) return roleId;
    throw new ConstructError(this, {
      code: 'malformed-role-id',
      message: "this is no role's unique id",
      prop: 'importedRole.roleId',
      found: roleId,
      expected: 'AROA and the rest of it',
      remedy: 'Take RoleId from `aws iam get-role --role-name NAME`.',
    });
  }
}

function isRecord(item: unknown): item is IdentityRecord {
  return item instanceof IdentityRecord;
}

/** Whether the role is a resource of this app, and not an import. */
function isOwned(role: IRole): role is Role {
  const resource = role.node.defaultChild;
  return (
    resource !== undefined &&
    CfnResource.isCfnResource(resource) &&
    resource.cfnResourceType === 'AWS::IAM::Role' &&
    'assumeRolePolicy' in role
  );
}

function pointOf(scope: Construct, plan: Plan, service: string): { key: string; spiffeId: string } {
  if (service === plan.gateway.key) return plan.gateway;
  if (plan.egress && service === plan.egress.key) return plan.egress;
  if (service === KEY_TUNNEL) return { key: KEY_TUNNEL, spiffeId: keyTunnelSpiffeId(plan) };
  const node = Object.hasOwn(plan.services, service) ? plan.services[service] : undefined;
  if (node) return node.sidecar;
  throw new ConstructError(scope, {
    code: 'unknown-service',
    message: 'the model has no such service',
    prop: 'service',
    found: JSON.stringify(service),
    expected: `one of ${[...Object.keys(plan.services), plan.gateway.key].join(', ')}`,
    remedy: 'Correct the name, or declare the service in the model.',
  });
}
