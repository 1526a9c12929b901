import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Template } from 'aws-cdk-lib/assertions';
import { ENV } from '../support/app.js';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

/** Service, and how a resource's name stands behind the account, by type. */
const ARNS: Readonly<Record<string, (name: string) => string>> = {
  'AWS::KMS::Key': (name) => `arn:aws:kms:${ENV.region}:${ENV.account}:key/${name}`,
  'AWS::IAM::Role': (name) => `arn:aws:iam::${ENV.account}:role/${name}`,
  'AWS::Lambda::Function': (name) => `arn:aws:lambda:${ENV.region}:${ENV.account}:function:${name}`,
  'AWS::S3::Bucket': (name) => `arn:aws:s3:::${name.toLowerCase()}`,
  'AWS::SQS::Queue': (name) => `arn:aws:sqs:${ENV.region}:${ENV.account}:${name}`,
  'AWS::DynamoDB::Table': (name) => `arn:aws:dynamodb:${ENV.region}:${ENV.account}:table/${name}`,
  'AWS::WAFv2::WebACL': (name) => `arn:aws:wafv2:${ENV.region}:${ENV.account}:regional/webacl/${name}/id`,
  'AWS::Logs::LogGroup': (name) => `arn:aws:logs:${ENV.region}:${ENV.account}:log-group:${name}:*`,
};

export interface Call {
  /** ARN of the caller, a role or user. */
  readonly by: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
  /** Policies of a caller that the template does not know. @default those of the template's role */
  readonly policies?: readonly object[];
  /** A statement that somebody adds to the resource's own policy. @default none */
  readonly added?: object;
  /** A service control policy of the account. @default everything is allowed */
  readonly control?: object;
}

/** An account with what a template deploys, whose decisions a simulator of IAM makes. */
export class Account {
  readonly resources: Readonly<Record<string, Resource>>;

  constructor(template: Template) {
    this.resources = template.toJSON()['Resources'] as Record<string, Resource>;
  }

  /** The logical ID of the only resource of a type whose ID has this text. */
  find(type: string, part: string): string {
    const ids = Object.keys(this.resources).filter(
      (id) => this.resources[id]!.Type === type && id.includes(part),
    );
    expect(ids).toHaveLength(1);
    return ids[0]!;
  }

  arn(type: string, part: string): string {
    const id = this.find(type, part);
    return ARNS[type]!(id);
  }

  /** Whether IAM would allow the call: identity, resource and organization policies together. */
  async allows({ by, action, resource, context = {}, policies, control, added }: Call): Promise<boolean> {
    const identity = policies ?? this.policiesOf(by);
    const simulation = {
      request: {
        principal: by,
        action,
        resource: { resource, accountId: ENV.account },
        contextVariables: { 'aws:PrincipalArn': by, 'aws:PrincipalAccount': ENV.account, ...context },
      },
      identityPolicies: identity.map((policy, at) => ({ name: `policy-${at}`, policy })),
      serviceControlPolicies: control
        ? [
            {
              orgIdentifier: 'root',
              policies: [
                { name: 'full', policy: EVERYTHING },
                { name: 'control', policy: control },
              ],
            },
          ]
        : [],
      resourceControlPolicies: [],
      resourcePolicy: withStatement(this.resourcePolicy(resource), added),
    };
    const result = await runSimulation(simulation, {});
    if (result.resultType === 'error') throw new Error(JSON.stringify(result.errors));
    return result.overallResult === 'Allowed';
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item));
    if (typeof value !== 'object' || value === null) return value;
    const [[name, inner] = ['', undefined], ...more] = Object.entries(value);
    if (more.length === 0 && name === 'Ref') return this.ref(String(inner));
    if (more.length === 0 && name === 'Fn::GetAtt') return this.attribute(inner as [string, string]);
    if (more.length === 0 && name === 'Fn::Join') {
      const [separator, parts] = inner as [string, unknown[]];
      return parts.map((part) => String(this.resolve(part))).join(separator);
    }
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.resolve(item)]));
  }

  private ref(name: string): string {
    const pseudo = {
      'AWS::Partition': 'aws',
      'AWS::Region': ENV.region,
      'AWS::AccountId': ENV.account,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const known = pseudo[name as keyof typeof pseudo];
    if (known !== undefined) return known;
    const { Type, Properties } = this.resources[name]!;
    if (Type === 'AWS::Lambda::Alias') {
      return `${this.attribute([(Properties['FunctionName'] as { Ref: string }).Ref, 'Arn'])}:${String(Properties['Name'])}`;
    }
    return Type === 'AWS::S3::Bucket' ? name.toLowerCase() : name;
  }

  private attribute([id, attribute]: [string, string]): string {
    if (attribute === 'RoleId') return `AROA${id.toUpperCase().slice(0, 16)}`;
    return attribute.endsWith('Arn') ? ARNS[this.resources[id]!.Type]!(id) : id;
  }

  private policiesOf(arn: string): object[] {
    const role = arn.slice(arn.lastIndexOf('/') + 1);
    return Object.values(this.resources)
      .filter(
        ({ Type, Properties }) =>
          Type === 'AWS::IAM::Policy' && JSON.stringify(Properties['Roles']).includes(`"${role}"`),
      )
      .map(({ Properties }) => this.resolve(Properties['PolicyDocument']) as object);
  }

  private resourcePolicy(arn: string): object | undefined {
    const found = Object.entries(this.resources).find(
      ([id, { Type }]) => ARNS[Type] && (arn === ARNS[Type](id) || arn.startsWith(`${ARNS[Type](id)}/`)),
    );
    if (!found) return undefined;
    const [id, { Type, Properties }] = found;
    if (Type === 'AWS::KMS::Key') return this.resolve(Properties['KeyPolicy']) as object;
    if (Type === 'AWS::IAM::Role') return this.resolve(Properties['AssumeRolePolicyDocument']) as object;
    if (Type === 'AWS::DynamoDB::Table') {
      const { PolicyDocument } = Properties['ResourcePolicy'] as { PolicyDocument: unknown };
      return this.resolve(PolicyDocument) as object;
    }
    if (Type === 'AWS::SQS::Queue') {
      const own = Object.values(this.resources).find(
        ({ Type: type, Properties: properties }) =>
          type === 'AWS::SQS::QueuePolicy' &&
          JSON.stringify(properties['Queues']) === JSON.stringify([{ Ref: id }]),
      );
      return this.resolve(own?.Properties['PolicyDocument']) as object | undefined;
    }
    if (Type !== 'AWS::S3::Bucket') return undefined;
    const policy = Object.values(this.resources).find(
      ({ Type: type, Properties: properties }) =>
        type === 'AWS::S3::BucketPolicy' && JSON.stringify(properties['Bucket']).includes(id),
    );
    return this.resolve(policy?.Properties['PolicyDocument']) as object;
  }
}

function withStatement(policy: object | undefined, statement: object | undefined): object | undefined {
  if (policy === undefined || statement === undefined) return policy;
  const { Statement } = policy as { readonly Statement: readonly object[] };
  return { ...policy, Statement: [...Statement, statement] };
}

/** What an administrator of the account has. */
export const EVERYTHING = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
};
