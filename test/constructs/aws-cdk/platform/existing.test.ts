import { isDeepStrictEqual } from 'node:util';
import { adopt, PARTS, type Part } from '../../../../examples/aws-cdk-existing/adopt.js';
import { WarehouseStack } from '../../../../examples/aws-cdk-existing/warehouse-stack.js';
import { expectGolden } from '../../../golden.js';
import { ledgerOf } from '../../../support/aws/ledger.js';
import { TEST_ENVIRONMENT, testApp } from '../../../support/aws/synth.js';
import { type Resource, type Template, templatesOf } from '../../../support/aws/template.js';

interface Difference {
  /** Types of what is new. */
  readonly added: readonly string[];
  /** What is gone, and what is changed: for each its type and the properties that are not what they were. */
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

const warehouses = new Map<string, readonly Template[]>();

/** The templates with these parts; each choice is synthesized once. */
function templates(parts: readonly Part[]): readonly Template[] {
  const known = warehouses.get(parts.join());
  if (known) return known;
  const app = testApp();
  adopt(new WarehouseStack(app, 'Warehouse', { env: TEST_ENVIRONMENT }), parts);
  const made = templatesOf(app.synth().directory);
  warehouses.set(parts.join(), made);
  return made;
}

function warehouse(parts: readonly Part[]): Template {
  return templates(parts).find(({ name }) => name === 'Warehouse')!;
}

function difference(before: Template, after: Template): Difference {
  const [old, now] = [before.resources, after.resources];
  return {
    added: [...new Set(only(now, old).map((id) => now[id]!.Type))].sort(),
    removed: only(old, now).map((id) => old[id]!.Type),
    changed: Object.keys(now)
      .filter((id) => old[id] && !isDeepStrictEqual(old[id], now[id]))
      .flatMap((id) => changedProperties(old[id]!, now[id]!).map((name) => `${now[id]!.Type} ${name}`)),
  };
}

function only(one: Template['resources'], other: Template['resources']): string[] {
  return Object.keys(one).filter((id) => !other[id]);
}

function changedProperties(before: Resource, after: Resource): string[] {
  const flat = ({ Properties, ...rest }: Resource): Record<string, unknown> => ({ ...rest, ...Properties });
  const [old, now] = [flat(before), flat(after)];
  return [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => !isDeepStrictEqual(old[name], now[name]),
  );
}

const steps = PARTS.map((part, index) => [part, PARTS.slice(0, index), PARTS.slice(0, index + 1)] as const);

/** Per step: what may be changed of what was there, and nothing else. */
const MAY_CHANGE: Readonly<Record<Part, readonly string[]>> = {
  // A method without the authorizer would stay open, and the stage must serve the new deployment.
  authorizer: [
    'AWS::ApiGateway::Method AuthorizationType',
    'AWS::ApiGateway::Method AuthorizerId',
    'AWS::ApiGateway::Stage DeploymentId',
  ],
  firewall: [],
  // The task gets its sidecar, its role is trusted by tasks of this account alone, and the service has the mesh's
  // group and name instead of an open one. That a service waits for them is all that `DependsOn` says.
  mesh: [
    'AWS::EC2::SecurityGroup DependsOn',
    'AWS::ECS::Service DependsOn',
    'AWS::ECS::Service NetworkConfiguration',
    'AWS::ECS::Service ServiceRegistries',
    'AWS::ECS::TaskDefinition ContainerDefinitions',
    'AWS::ECS::TaskDefinition DependsOn',
    'AWS::ECS::TaskDefinition ExecutionRoleArn',
    'AWS::ECS::TaskDefinition Volumes',
    'AWS::IAM::Role AssumeRolePolicyDocument',
  ],
};

test.each(steps)('adopting the %s changes nothing that it need not', (part, before, after) => {
  const { removed, changed } = difference(warehouse(before), warehouse(after));
  expect([...new Set(changed)].sort()).toEqual(MAY_CHANGE[part]);
  // Deployments of an API are made anew for each change, by the CDK's own design.
  expect(removed).toEqual(part === 'authorizer' ? ['AWS::ApiGateway::Deployment'] : []);
});

test('each part can be adopted alone', () => {
  const bare = warehouse([]);
  for (const part of PARTS) {
    const { added, changed } = difference(bare, warehouse([part]));
    expect(added.length).toBeGreaterThan(0);
    expect([...new Set(changed)].sort()).toEqual(MAY_CHANGE[part]);
  }
});

test('no logical ID of the warehouse has changed, with every part adopted: a change would replace what is deployed', () => {
  expectGolden('aws/warehouse-logical-ids.txt', `${ledgerOf(templates(PARTS)).join('\n')}\n`);
});

test('after the authorizer no method is open', () => {
  const methods = Object.values(warehouse(['authorizer']).resources).filter(
    ({ Type }) => Type === 'AWS::ApiGateway::Method',
  );
  expect(methods).toHaveLength(2);
  for (const { Properties = {} } of methods) expect(Properties['AuthorizationType']).toBe('CUSTOM');
});
