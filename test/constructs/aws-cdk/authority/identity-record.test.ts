import { CfnResource, Fn, Stack } from 'aws-cdk-lib';
import { FargateTaskDefinition } from 'aws-cdk-lib/aws-ecs';
import {
  AccountPrincipal,
  AnyPrincipal,
  type CfnRole,
  CompositePrincipal,
  Effect,
  PolicyStatement,
  type IPrincipal,
  type IRole,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Template } from 'aws-cdk-lib/assertions';
import type { Construct } from 'constructs';
import { CertificateAuthority, IdentityRecord } from '../../../../constructs/aws-cdk/authority/index.js';
import { parseIdentityRecord } from '../../../../lib/authority/index.js';
import { resolve } from '../../../../lib/index.js';
import { shop } from '../../../model/shop.js';
import { ENV, mistake, mistakeAtSynthesis, onlyResource, testStack, warningsOf } from '../support/app.js';
import { Account } from './account.js';

const plan = resolve(shop(), { engine: 'aws' });
const tasks = new ServicePrincipal('ecs-tasks.amazonaws.com');

function roleOf(scope: Construct, assumedBy: IPrincipal = tasks, id = 'Role'): Role {
  return new Role(scope, id, { assumedBy });
}

function join(scope: Construct, role = roleOf(scope), service = 'orders', id = 'Identity'): IdentityRecord {
  return new IdentityRecord(scope, id, { plan, service, role });
}

test('a record names account, role, unique id and point, below the id of the role', () => {
  const stack = testStack();
  const task = new FargateTaskDefinition(stack, 'Task');
  const record = join(task, task.taskRole as Role);
  expect(record.spiffeId).toBe(plan.services['orders']!.sidecar.spiffeId);
  const template = Template.fromStack(stack);
  const account = new Account(template);
  const { Name, Value } = account.resolve(onlyResource(template, 'AWS::SSM::Parameter')) as Record<
    string,
    string
  >;
  const found = parseIdentityRecord(Value!);
  expect(found).toMatchObject({ account: ENV.account, point: 'services/orders/sidecar' });
  expect(Name).toBe(`/zero-trust/${plan.trustDomain}/identities/${found.roleId}/orders`);
});

test('the gateway has a record like a service', () => {
  const stack = testStack();
  expect(join(stack, roleOf(stack), 'gateway').spiffeId).toBe(plan.gateway.spiffeId);
});

test('the role is assumed by tasks of this account and region only', () => {
  const stack = testStack();
  join(stack);
  const { AssumeRolePolicyDocument } = onlyResource(Template.fromStack(stack), 'AWS::IAM::Role') as {
    AssumeRolePolicyDocument: { Statement: unknown[] };
  };
  expect(AssumeRolePolicyDocument.Statement).toHaveLength(1);
  expect(AssumeRolePolicyDocument.Statement[0]).toMatchObject({
    Principal: { Service: 'ecs-tasks.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': ENV.account } },
  });
});

describe('refused', () => {
  test.each<[string, () => IPrincipal]>([
    ['another service', () => new ServicePrincipal('lambda.amazonaws.com')],
    ['the account', () => new AccountPrincipal(ENV.account)],
    ['tasks and another', () => new CompositePrincipal(tasks, new ServicePrincipal('ec2.amazonaws.com'))],
    ['anybody', () => new AnyPrincipal()],
  ])('a role that is assumed by %s', (_name, principal) => {
    const error = mistake((scope) => join(scope, roleOf(scope, principal())));
    expect(error.code).toBe('role-trusts-others');
  });

  test('trust that is added after the join', () => {
    const text = mistakeAtSynthesis((stack) => {
      const role = roleOf(stack);
      join(stack, role);
      role.assumeRolePolicy!.addStatements(
        new PolicyStatement({
          effect: Effect.ALLOW,
          principals: [new AccountPrincipal('999999999999')],
          actions: ['sts:AssumeRole'],
        }),
      );
    });
    expect(text).toContain('role-trusts-others');
  });

  test.each<[string, (resource: CfnRole) => void]>([
    [
      'a statement more by an override',
      (resource) =>
        resource.addPropertyOverride('AssumeRolePolicyDocument.Statement.1', {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { AWS: '*' },
        }),
    ],
    [
      'another principal by an override',
      (resource) =>
        resource.addPropertyOverride('AssumeRolePolicyDocument.Statement.0.Principal', { AWS: '*' }),
    ],
    [
      'fewer conditions by an override',
      (resource) => resource.addPropertyDeletionOverride('AssumeRolePolicyDocument.Statement.0.Condition'),
    ],
    [
      'another document',
      (resource) => {
        resource.assumeRolePolicyDocument = { Version: '2012-10-17', Statement: [] };
      },
    ],
  ])('trust that is changed after the join: %s', (_, change) => {
    const text = mistakeAtSynthesis((stack) => {
      const role = roleOf(stack);
      join(stack, role);
      change(role.node.defaultChild as CfnRole);
    });
    expect(text).toContain('role-trusts-others');
  });

  test.each<[string, (scope: Construct, role: Role) => IRole]>([
    ['its ARN', (scope, role) => Role.fromRoleArn(scope, 'Same', role.roleArn)],
    ['its name', (scope, role) => Role.fromRoleName(scope, 'Same', role.roleName)],
    ['its literal name', (scope) => Role.fromRoleName(scope, 'Same', 'orders-role')],
    [
      'its literal ARN',
      (scope) => Role.fromRoleArn(scope, 'Same', `arn:aws:iam::${ENV.account}:role/orders-role`),
    ],
  ])('one role for two services, the second time by %s', (_, again) => {
    const error = mistake((scope) => {
      const role = new Role(scope, 'Role', { assumedBy: tasks, roleName: 'orders-role' });
      join(scope, role);
      const importedRole = { roleId: 'AROA1234567890ABCDEF', reason: 'a test', expires: '2999-01-01' };
      const same = { plan, service: 'payments', role: again(scope, role), importedRole };
      return new IdentityRecord(scope, 'Second', same);
    });
    expect(error.code).toBe('role-of-two-services');
  });

  test('two imported roles of one unique id', () => {
    const error = mistake((scope) => {
      const importedRole = { roleId: 'AROA1234567890ABCDEF', reason: 'a test', expires: '2999-01-01' };
      for (const service of ['orders', 'payments']) {
        const role = Role.fromRoleName(scope, `Role-${service}`, `${service}-role`);
        new IdentityRecord(scope, service, { plan, service, role, importedRole });
      }
    });
    expect(error.code).toBe('role-of-two-services');
  });

  test('one role for two services', () => {
    const error = mistake((scope) => {
      const role = roleOf(scope);
      join(scope, role);
      join(scope, role, 'payments', 'Second');
    });
    expect(error.code).toBe('role-of-two-services');
    expect(error.message).toContain('payments');
  });

  test('one role for two services of two stacks', () => {
    const error = mistake((scope) => {
      const role = roleOf(scope);
      join(scope, role);
      join(new Stack(scope.node.root as Construct, 'Other', { env: ENV }), role, 'payments');
    });
    expect(error.code).toBe('role-of-two-services');
  });

  test('the same service twice', () => {
    const error = mistake((scope) => {
      const role = roleOf(scope);
      join(scope, role);
      join(scope, role, 'orders', 'Second');
    });
    expect(error.code).toBe('service-joined-twice');
  });

  test('a service that the model does not have', () => {
    const error = mistake((scope) => join(scope, roleOf(scope), 'ordres'));
    expect(error.code).toBe('unknown-service');
    expect(error.message).toContain('orders');
  });
});

describe('a parameter that no IdentityRecord made', () => {
  const stack = testStack();
  const authority = CertificateAuthority.fromAttributes(stack, 'Authority', {
    platform: plan.trustDomain,
    registrationArn: 'arn:aws:lambda:eu-west-1:111122223333:function:registration:live',
  });
  join(stack);
  const path = `/zero-trust/${plan.trustDomain}/identities`;
  const said = (name: string | undefined) => {
    const type = 'AWS::SSM::Parameter';
    const properties = { Type: 'String', Value: '{}', ...(name !== undefined && { Name: name }) };
    new CfnResource(stack, 'Made', { type, properties });
    const texts = authority.node.validate();
    stack.node.tryRemoveChild('Made');
    return texts.map((text) => text.slice(0, text.indexOf(':')));
  };
  const role = () => (stack.node.findChild('Role') as Role).roleId;

  test.each<[string, () => string]>([
    ['a literal', () => `${path}/AROA1234567890ABCDEF/payments`],
    ['the id of a role', () => `${path}/${role()}/payments`],
    ['a parameter of the template', () => Fn.ref('Name')],
    ['a parameter within the path', () => `/zero-trust/${Fn.ref('Domain')}/identities/a/b`],
    ['Fn::Sub', () => Fn.sub(`${path}/\${Role.RoleId}/payments`)],
    ['Fn::Sub of all of it', () => Fn.sub(`\${Name}`)],
    ['a dynamic reference', () => '{{resolve:ssm:name}}'],
    ['a condition', () => Fn.conditionIf('Never', '/mine', `${path}/a/b`).toString()],
  ])('under the path of records, or whose name could be, stops synthesis: %s', (_, name) => {
    expect(said(name())).toEqual(['stray-identity-record']);
  });

  test.each<[string, () => string | undefined]>([
    ['no name', () => undefined],
    ['another literal', () => '/shop/name'],
    ['one of another platform', () => '/zero-trust/other.example/identities/a/b'],
    ['a beginning that leads elsewhere', () => `/shop/${Fn.ref('Name')}`],
  ])('of another name is none of ours: %s', (_, name) => {
    expect(said(name())).toEqual([]);
  });
});

describe('a role that is not made here', () => {
  const imported = (scope: Construct) =>
    Role.fromRoleArn(scope, 'Imported', `arn:aws:iam::${ENV.account}:role/team/orders`);
  const optOut = { roleId: 'AROA1234567890ABCDEF', reason: 'read by security', expires: '2999-01-01' };

  test('needs an opt-out', () => {
    const error = mistake(
      (scope) => new IdentityRecord(scope, 'Identity', { plan, service: 'orders', role: imported(scope) }),
    );
    expect(error.code).toBe('imported-role');
  });

  test('with a reason and an end, which are seen', () => {
    const stack = testStack();
    const props = { plan, service: 'orders', role: imported(stack), importedRole: optOut };
    new IdentityRecord(stack, 'Identity', props);
    expect(warningsOf(stack).join()).toContain('read by security');
    const { Value } = new Account(Template.fromStack(stack)).resolve(
      onlyResource(Template.fromStack(stack), 'AWS::SSM::Parameter'),
    ) as { Value: string };
    expect(parseIdentityRecord(Value)).toMatchObject({ roleName: 'orders', roleId: optOut.roleId });
  });

  test.each<[string, object]>([
    ['malformed-role-id', { roleId: 'orders' }],
    ['weakening-without-reason', { reason: ' ' }],
    ['weakening-expired', { expires: '2020-01-01' }],
  ])('is refused as %s', (code, change) => {
    const error = mistake(
      (scope) =>
        new IdentityRecord(scope, 'Identity', {
          plan,
          service: 'orders',
          role: imported(scope),
          importedRole: { ...optOut, ...change },
        }),
    );
    expect(error.code).toBe(code);
  });
});
