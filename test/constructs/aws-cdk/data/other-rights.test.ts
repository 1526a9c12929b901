import type { App } from 'aws-cdk-lib';
import { CfnManagedPolicy, CfnRole, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { EventType } from 'aws-cdk-lib/aws-s3';
import { LambdaDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { workload } from '../../../../lib/index.js';
import { type DataWorld, world } from './world.js';

const orders = { for: workload('orders') };
const DATABASES = 'arn:aws:rds-db:eu-west-1:111122223333:dbuser';
const CACHES = 'arn:aws:elasticache:eu-west-1:111122223333:replicationgroup';
const { ref, join } = {
  ref: (name: string) => ({ Ref: `AWS::${name}` }),
  join: (...parts: unknown[]) => ({ 'Fn::Join': [':', parts] }),
};

/** Paths of what has rights and is nobody of the domain. */
function othersIn(app: App): Set<string> {
  try {
    app.synth();
  } catch (error) {
    return new Set(
      (error as Error).message
        .split('\n')
        .filter((line) => line.includes('data-other-role'))
        .map((line) => /found (?:Data|Tasks)\/([\w/]+)/.exec(line)![1]!),
    );
  }
  return new Set();
}

type Statement = Readonly<Record<string, unknown>>;
const allow = (Action: unknown, Resource: unknown): Statement => ({ Action, Resource });

/** A role for each name, with what it is allowed; further statements are as they stand. */
function roles({ data }: DataWorld, all: Readonly<Record<string, Statement | readonly Statement[]>>): void {
  for (const [name, statements] of Object.entries(all)) {
    const Statement = [statements].flat().map((statement) => ({ Effect: 'Allow', ...statement }));
    new CfnRole(data, name, {
      assumeRolePolicyDocument: {},
      policies: [{ policyName: 'p', policyDocument: { Statement } }],
    });
  }
}

const CONNECTING: Readonly<Record<string, Statement>> = {
  Everything: allow('*', '*'),
  Prefix: allow('rds*', '*'),
  Cases: allow('RDS-DB:Connect', '*'),
  List: allow(['s3:GetObject', 'rds-db:?onnect'], ['arn:aws:s3:::x', '*']),
  Partition: allow('rds-db:connect', 'arn:*'),
  Service: allow('rds-db:connect', 'arn:aws:rds-db:*'),
  Places: allow('rds-db:connect', 'arn:aws:rds-db:*:*:*'),
  Ids: allow('rds-db:connect', `${DATABASES}:db-*/orders`),
  Marks: allow('rds-db:connect', `${DATABASES}:?*/*`),
  Joined: allow(
    'rds-db:connect',
    join('arn', ref('Partition'), 'rds-db', ref('Region'), ref('AccountId'), 'dbuser', '*/app'),
  ),
  Substituted: allow('rds-db:connect', {
    'Fn::Sub': 'arn:${AWS::Partition}:rds-db:${AWS::Region}:${AWS::AccountId}:dbuser:*',
  }),
  Sometimes: allow('rds-db:connect', { 'Fn::If': ['Ever', `${DATABASES}:*`, 'arn:aws:s3:::x'] }),
  NotAction: { NotAction: 's3:*', Resource: '*' },
  NotResource: { Action: 'rds-db:connect', NotResource: `${DATABASES}:db-OTHER/*` },
  OfCluster: allow('rds-db:connect', `${DATABASES}:cluster-*/orders`),
  Caches: allow('elasticache:Con*', '*'),
  NamedCaches: allow('elasticache:Connect', `${CACHES}:sess*`),
};

const NOT_CONNECTING: Readonly<Record<string, Statement | readonly Statement[]>> = {
  OtherDatabase: allow('rds-db:connect', `${DATABASES}:db-OTHER/*`),
  OtherRegion: allow('rds-db:connect', 'arn:aws:rds-db:us-east-1:111122223333:dbuser:*'),
  OtherAccount: allow('rds-db:connect', 'arn:aws:rds-db:eu-west-1:999999999999:*'),
  OtherCaches: allow('elasticache:Connect', `${CACHES}:carts*`),
  Administers: allow(['rds:Describe*', 'elasticache:Describe*'], '*'),
  OtherServices: allow('*', 'arn:aws:s3:::*'),
  NotAction: { NotAction: ['rds-db:*', 'elasticache:*'], Resource: '*' },
  NotResource: { Action: 'rds-db:connect', NotResource: 'arn:aws:rds-db:*' },
  Denied: [allow('*', '*'), { Effect: 'Deny', ...allow(['rds-db:*', 'elasticache:connect'], '*') }],
};

function databases(): DataWorld {
  const made = world();
  const { domain, cacheGroup: securityGroup } = made;
  for (const store of [made.database(), made.cluster()]) domain.protect(store, orders);
  domain.protect(made.cache({ replicationGroupId: 'sessions' }), { ...orders, securityGroup });
  return made;
}

test('whoever may connect to a database or a cache by a wildcard is told, however it is written', () => {
  const made = databases();
  roles(made, CONNECTING);
  roles(made, {
    DeniedAtTimes: [allow('*', '*'), { Effect: 'Deny', Condition: {}, ...allow('*', '*') }],
    DeniedElsewhere: [allow('*', '*'), { Effect: 'Deny', ...allow('*', 'arn:aws:s3:::x') }],
  });
  expect([...othersIn(made.app)].sort()).toEqual(
    [...Object.keys(CONNECTING), 'DeniedAtTimes', 'DeniedElsewhere'].sort(),
  );
});

test('and who may connect to others, or to none, is not', () => {
  const made = databases();
  roles(made, NOT_CONNECTING);
  expect(othersIn(made.app)).toEqual(new Set());
});

test('a store that may be deployed anywhere is where a policy says', () => {
  const made = world({ env: {} as never });
  made.domain.protect(made.database(), orders);
  roles(made, { There: allow('rds-db:connect', `${DATABASES}:*/app`) });
  expect(othersIn(made.app)).toEqual(new Set(['There']));
});

test('a boundary is no right, and the same policy attached is one', () => {
  const statements = [new PolicyStatement({ actions: ['*'], resources: ['*'] })];
  const withBoundary = (attached: boolean) => {
    const made = databases();
    const boundary = new ManagedPolicy(made.data, 'Boundary', { statements });
    const managedPolicyArns = attached ? [boundary.managedPolicyArn] : [];
    new CfnRole(made.data, 'Bounded', {
      assumeRolePolicyDocument: {},
      permissionsBoundary: boundary.managedPolicyArn,
      managedPolicyArns,
    });
    // The same by its name.
    const policyDocument = { Statement: [{ Effect: 'Allow', ...allow('*', '*') }] };
    new CfnManagedPolicy(made.data, 'Named', { managedPolicyName: 'everything', policyDocument });
    const arn = 'arn:aws:iam::111122223333:policy/everything';
    new CfnRole(made.data, 'ByName', {
      assumeRolePolicyDocument: {},
      permissionsBoundary: arn,
      managedPolicyArns: attached ? [arn] : [],
    });
    return othersIn(made.app);
  };
  expect(withBoundary(false)).toEqual(new Set());
  expect(withBoundary(true)).toEqual(new Set(['Boundary/Resource', 'Named']));
});

/** A bucket that tells a function of its objects, and a bus of its events. */
function telling() {
  const made = world();
  const bucket = made.bucket({ eventBridgeEnabled: true });
  made.domain.protect(bucket, orders);
  const told = new LambdaFunction(made.data, 'Told', {
    code: Code.fromInline('exports.handler = () => {}'),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
  bucket.addEventNotification(EventType.OBJECT_CREATED, new LambdaDestination(told));
  return { made, bucket, told };
}

test('a bucket tells of its objects, and whoever administers a store has no right to what it keeps', () => {
  const { made, bucket } = telling();
  const table = made.table();
  const queue = made.queue();
  const database = made.database();
  for (const store of [table, queue, database]) made.domain.protect(store, orders);
  roles(made, {
    OfBucket: allow(['s3:GetBucketLocation', 's3:getbucket*', 's3:PutBucketTagging'], bucket.bucketArn),
    OfTable: allow('dynamodb:Describe*', table.tableArn),
    OfQueue: allow(['sqs:GetQueueAttributes', 'sqs:GetQueueUrl'], queue.queueArn),
    OfDatabase: allow(['rds:StopDBInstance', 'rds:StartDBInstance'], database.instanceArn),
  });
  made.app.synth();
});

test('but a right to see, write, copy or open it is one, beside such as well', () => {
  const made = world();
  const stores = {
    s3: [made.bucket(), ['GetObject', '*', 'Put*', 'PutBucketPolicy', 'PutReplicationConfiguration']],
    sqs: [made.queue(), ['SendMessage', '*Queue*']],
    dynamodb: [made.table(), ['GetItem', '*', 'UpdateTable', 'D*']],
    rds: [made.database(), ['CreateDBSnapshot', 'ModifyDBInstance', '*Tags*']],
  } as const;
  const names: string[] = [];
  for (const [service, [store, actions]] of Object.entries(stores)) {
    made.domain.protect(store, orders);
    const { bucketArn, queueArn, tableArn, instanceArn } = store as unknown as Record<string, string>;
    const arn = bucketArn ?? queueArn ?? tableArn ?? instanceArn;
    for (const [index, action] of actions.entries()) {
      names.push(`${service}${index}`);
      roles(made, { [names.at(-1)!]: allow(['dynamodb:DescribeTable', `${service}:${action}`], arn) });
    }
  }
  expect([...othersIn(made.app)].sort()).toEqual(names.sort());
});
