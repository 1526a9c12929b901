import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Lazy, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { PolicyStore, type PolicyStoreProps } from '../../../../constructs/aws-cdk/policy-store/index.js';
import shop from '../../../../examples/shop/model.js';
import type { Plan } from '../../../../lib/plan/plan.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import type { CedarDocument } from '../../../../lib/policy/compile/cedar/index.js';
import type { AccessRule } from '../../../../lib/policy/policy.js';
import { CedarEngine } from '../../../engines/cedar/engine.js';
import { allow, deny, has, user } from '../../../policy/fixture.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { templatesOf } from '../../../support/aws/template.js';
import { ENV, mistake, onlyResource, templateOf, testStack, warningsOf } from '../support/app.js';

const plan = resolve(shop, { engine: 'aws', now: new Date('2026-11-23T12:00:00Z') });
const STORE = 'AWS::VerifiedPermissions::PolicyStore';
const POLICY = 'AWS::VerifiedPermissions::Policy';

interface PolicyResource {
  readonly Properties: {
    readonly Definition: { readonly Static: { Description: string; Statement: string } };
  };
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
}

function storeOf(props: Partial<PolicyStoreProps> = {}): Template {
  return templateOf((stack) => new PolicyStore(stack, 'Store', { plan, ...props }));
}

function policiesOf(template: Template): Record<string, PolicyResource> {
  return template.findResources(POLICY) as Record<string, PolicyResource>;
}

/** A plan whose `orders` has these rules. */
function planWith(rules: readonly AccessRule[]): Plan {
  const orders = { ...plan.policy.services['orders']!, rules };
  return { ...plan, policy: { ...plan.policy, services: { orders } } };
}

/** The rules dealt out to services, for what a stack takes is more than one service may have. */
function dealt(rules: readonly AccessRule[]): Plan {
  const names = Object.keys(plan.policy.services);
  const services = Object.entries(plan.policy.services).map(([name, service], at) => [
    name,
    { ...service, rules: rules.filter((_, of) => of % names.length === at) },
  ]);
  return {
    ...plan,
    policy: { ...plan.policy, services: Object.fromEntries(services) as Plan['policy']['services'] },
  };
}

test('the store is strict and protected, and what it would be given is valid by Cedar itself', () => {
  const template = storeOf();
  const store = onlyResource(template, STORE);
  expect(store).toMatchObject({
    ValidationSettings: { Mode: 'STRICT' },
    DeletionProtection: { Mode: 'ENABLED' },
    Description: plan.trustDomain,
  });
  template.hasResource(STORE, { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  const { CedarJson } = store['Schema'] as { CedarJson: string };
  const statements = Object.values(policiesOf(template)).map(
    ({ Properties }) => Properties.Definition.Static,
  );
  expect(statements.length).toBeGreaterThan(10);
  const engine = new CedarEngine('store', {
    schema: JSON.parse(CedarJson) as CedarDocument['schema'],
    policies: statements.map(({ Description, Statement }) => ({
      id: Description,
      effect: 'permit',
      statement: Statement,
    })),
    tooLarge: [],
  });
  expect(engine.findings()).toEqual([]);
});

test('every deny is there before the first allow, and what leaves the plan leaves the store', () => {
  const policies = policiesOf(storeOf());
  const isDeny = (id: string) => policies[id]!.Properties.Definition.Static.Statement.includes('\nforbid ');
  const before = (id: string): string[] =>
    (policies[id]!.DependsOn ?? []).flatMap((other) => [other, ...before(other)]);
  const denies = Object.keys(policies).filter(isDeny);
  expect(denies.length).toBeGreaterThan(1);
  for (const id of Object.keys(policies)) {
    // A policy that stayed behind would still admit.
    expect(policies[id]!.DeletionPolicy).toBeUndefined();
    if (!isDeny(id)) expect(before(id).toSorted()).toEqual(denies.toSorted());
  }
});

test('a store may hold some services, and says so when there is none such', () => {
  const descriptions = Object.values(policiesOf(storeOf({ services: ['payments'] }))).map(
    ({ Properties }) => Properties.Definition.Static.Description,
  );
  expect(descriptions.filter((id) => !id.startsWith('payments/'))).toEqual(['emergency', 'vocabulary']);
  const codeOf = (services: readonly string[]) =>
    mistake((scope) => new PolicyStore(scope, 'Store', { plan, services })).code;
  expect([codeOf(['nobody']), codeOf([]), codeOf(['toString'])]).toEqual([
    'unknown-service',
    'unknown-service',
    'unknown-service',
  ]);
});

test('who may ask may do nothing else, and only at this store', () => {
  const template = templateOf((stack) => {
    const role = new Role(stack, 'Point', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    new PolicyStore(stack, 'Store', { plan }).grantIsAuthorized(role);
  });
  const [store] = Object.keys(template.findResources(STORE));
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: [
        {
          Effect: 'Allow',
          Action: 'verifiedpermissions:IsAuthorized',
          Resource: { 'Fn::GetAtt': [store, 'Arn'] },
        },
      ],
    },
  });
});

test('a store that exists is named by its id or its ARN', () => {
  const stack = testStack();
  const role = new Role(stack, 'Point', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const arn = 'arn:aws:verifiedpermissions::444455556666:policy-store/PSEXAMPLEabcdefg111111';
  const byArn = PolicyStore.fromPolicyStoreArn(stack, 'ByArn', arn);
  expect(byArn.policyStoreId).toBe('PSEXAMPLEabcdefg111111');
  expect(byArn.env.account).toBe('444455556666');
  const byId = PolicyStore.fromPolicyStoreId(stack, 'ById', 'PSEXAMPLE');
  byId.grant(role, 'verifiedpermissions:GetSchema');
  byArn.grantIsAuthorized(role);
  const template = Template.fromStack(stack);
  template.resourceCountIs(STORE, 0);
  template.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Resource: {
            'Fn::Join': [
              '',
              [
                'arn:',
                { Ref: 'AWS::Partition' },
                `:verifiedpermissions::${ENV.account}:policy-store/PSEXAMPLE`,
              ],
            ],
          },
        }),
        Match.objectLike({ Action: 'verifiedpermissions:IsAuthorized', Resource: arn }),
      ]),
    },
  });
});

test('without protection only with a reason and an end', () => {
  const stack = testStack();
  const deletable = { reason: 'a trial', expires: '2099-01-01' };
  new PolicyStore(stack, 'Store', { plan, deletable });
  const template = Template.fromStack(stack);
  expect(onlyResource(template, STORE)).toMatchObject({ DeletionProtection: { Mode: 'DISABLED' } });
  expect(warningsOf(stack).join()).toContain('a trial');
  const ended = { reason: 'a trial', expires: '2020-01-01' };
  expect(mistake((scope) => new PolicyStore(scope, 'Store', { plan, deletable: ended })).code).toBe(
    'weakening-expired',
  );
});

test('a rule beyond what Cedar takes stops synthesis, with a request that shows it', () => {
  const claims = Array.from({ length: 200 }, (_, at) => has(`claim-${at}`, 'x'.repeat(40)));
  const rules = [allow('huge', { principals: [user('people', ...claims)], operations: ['GET /orders'] })];
  const { code, message } = mistake((scope) => new PolicyStore(scope, 'Store', { plan: planWith(rules) }));
  expect(code).toBe('not-expressible');
  expect(message).toContain('the rule huge cannot be said exactly at cedar');
  expect(message).toContain('GET /orders at the gateway');
  expect(message).toContain('the reference says allow, cedar would say forbidden');
});

test('what a store or a stack cannot hold stops synthesis', () => {
  const many = (count: number, length: number) =>
    Array.from({ length: count }, (_, at) =>
      deny(`rule-${at}`, { operations: [`GET /${'a'.repeat(length)}/${at}`] }),
    );
  const said = (rules: readonly AccessRule[]) =>
    mistake((scope) => new PolicyStore(scope, 'Store', { plan: planWith(rules) })).message;
  expect(said(many(30, 8_000))).toContain('all policies of orders in bytes');
  const tooMany = mistake((scope) => new PolicyStore(scope, 'Store', { plan: dealt(many(498, 1)) }));
  expect(tooMany.message).toContain('the number of policies in the stack');
  expect(Object.keys(policiesOf(storeOf({ plan: dealt(many(497, 1)) })))).toHaveLength(499);
  const allows = Array.from({ length: 30 }, (_, at) =>
    allow(`open-${at}`, { operations: [`GET /${'a'.repeat(8_000)}/${at}`] }),
  );
  // Without what does not fit somebody is refused whom the reference admits.
  expect(said(allows)).toMatch(
    /without the rule open-\d+, the first beyond, it would say forbidden and the reference says allow of GET \/aaaa/,
  );
  // Many small ones count for more than their text.
  expect(said(many(380, 1))).toContain('all policies of orders in bytes');
  const claims = Array.from({ length: 60 }, (_, rule) =>
    allow(`claims-${rule}`, {
      principals: Array.from({ length: 20 }, (__, at) =>
        user('people', has(`claim-${rule}-${at}-${'x'.repeat(60)}`, 'x')),
      ),
      operations: ['GET /orders'],
    }),
  );
  expect(said(claims)).toContain('the schema in bytes');
});

test('a description must be known, and fits', () => {
  const description = Lazy.string({ produce: () => 'later' });
  expect(mistake((scope) => new PolicyStore(scope, 'Store', { plan, description })).code).toBe(
    'literal-needed',
  );
  expect(onlyResource(storeOf({ description: 'x'.repeat(200) }), STORE)['Description']).toBe('x'.repeat(150));
});

test('cfn-lint and the laws have nothing to say', async () => {
  const outdir = mkdtempSync(join(tmpdir(), 'policy-store-'));
  try {
    const app = new App({ outdir, analyticsReporting: false });
    const stack = new Stack(app, 'Stack', { env: ENV });
    const role = new Role(stack, 'Point', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    new PolicyStore(stack, 'Store', { plan }).grantIsAuthorized(role);
    app.synth();
    const templates = templatesOf(outdir);
    expect(await cfnLint(templates)).toEqual([]);
    for (const law of LAWS) expect([law.name, law.broken(templates)]).toEqual([law.name, []]);
  } finally {
    rmSync(outdir, { recursive: true });
  }
});
