import { isRecord, listOf, resourcesOf, type Template } from '../template.js';
import type { Law } from './law.js';

interface Statement {
  readonly at: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly statement: Readonly<Record<string, unknown>>;
}

/** Actions for which IAM knows no resource (Service Authorization Reference), so that `*` is all there is. */
const WITHOUT_RESOURCE: Readonly<Record<string, string>> = {
  'ecr:GetAuthorizationToken': 'gives a token for the registry, which the actions on repositories then limit',
  'cloudwatch:PutMetricData': 'knows no resource; limited by the condition cloudwatch:namespace',
  'xray:PutTraceSegments': 'knows no resource',
  'xray:PutTelemetryRecords': 'knows no resource',
  'sts:GetCallerIdentity': 'needs no permission at all',
  'ecs:DiscoverPollEndpoint': 'knows no resource',
  'ssmmessages:CreateControlChannel': 'knows no resource',
};

/** Statements that allow, of every identity policy; resource policies are about their own resource. */
function allowed(templates: readonly Template[]): Statement[] {
  const types = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy', 'AWS::IAM::Role'];
  return resourcesOf(templates, ...types).flatMap(({ at, properties }) => {
    const inline = listOf(properties['Policies']).flatMap((policy) =>
      isRecord(policy) ? [policy['PolicyDocument']] : [],
    );
    return [properties['PolicyDocument'], ...inline].flatMap((document) =>
      isRecord(document)
        ? listOf(document['Statement'])
            .filter(isRecord)
            .filter(({ Effect }) => Effect === 'Allow')
            .map((statement) => ({
              at,
              statement,
              actions: listOf(statement['Action']).map(String),
              resources: listOf(statement['Resource']),
            }))
        : [],
    );
  });
}

export const noWildcardAction: Law = {
  name: 'no policy allows a family of actions',
  broken: (templates) =>
    allowed(templates).flatMap(({ at, actions, statement }) => [
      ...actions.filter((action) => action.includes('*')).map((action) => `${at} allows ${action}`),
      ...('NotAction' in statement ? [`${at} allows by NotAction`] : []),
      ...('NotResource' in statement ? [`${at} allows by NotResource`] : []),
    ]),
};

/** ARNs that name a service, or a type of resource of it, and nothing more, each with the reason that there is no other way. */
const WIDE_ARNS: readonly (readonly [actions: RegExp, arn: RegExp, why: string])[] = [
  [
    /^logs:(?:Create|Describe|Put|Get|Filter)(?:LogGroups?|LogStreams?|LogEvents)$/,
    /:logs:[a-z0-9-]+:\d{12}:\*$/,
    'the role by which API Gateway writes logs, for groups whose names have the ids of APIs that are not made yet',
  ],
];

/** An ARN without a name before its first `*`: `arn:aws:s3:::*`, `arn:aws:kms:eu-west-1:1:key/*`, or any account's. */
function isWideArn(arn: string): boolean {
  if (!arn.startsWith('arn:')) return false;
  const [, , service = '', region = '', account = '', ...rest] = arn.split(':');
  return (
    [service, region, account].some((part) => part.includes('*')) || /^(?:[\w-]+[:/])?\*/.test(rest.join(':'))
  );
}

/** A resource as text; what only the deployment knows is a `$`, which names something. */
function textOf(resource: unknown): string {
  if (typeof resource === 'string') return resource.replaceAll(/\$\{[^}]*\}/g, '$');
  const joined = isRecord(resource) ? resource['Fn::Join'] : undefined;
  if (Array.isArray(joined)) return (joined[1] as unknown[]).map(textOf).join(String(joined[0]));
  const substituted = isRecord(resource) ? listOf(resource['Fn::Sub'])[0] : undefined;
  return substituted === undefined ? '$' : textOf(substituted);
}

export const noWildcardResource: Law = {
  name: 'no policy allows an action on every resource, unless IAM knows none for it',
  broken: (templates) =>
    allowed(templates).flatMap(({ at, actions, resources }) =>
      resources
        .map(textOf)
        .filter((resource) => resource === '*' || isWideArn(resource))
        .flatMap((resource) =>
          actions
            .filter((action) =>
              resource === '*'
                ? WITHOUT_RESOURCE[action] === undefined
                : !WIDE_ARNS.some(([known, arn]) => known.test(action) && arn.test(resource)),
            )
            .map((action) => `${at} allows ${action} on ${resource}`),
        ),
    ),
};

/** AWS's own policies change without notice and say `*`. */
export const noManagedPolicyOfAws: Law = {
  name: 'no role has a policy that AWS manages',
  broken: (templates) =>
    resourcesOf(templates, 'AWS::IAM::Role').flatMap(({ at, properties }) =>
      listOf(properties['ManagedPolicyArns'])
        .map((arn) => JSON.stringify(arn))
        .filter((arn) => arn.includes(':aws:policy/'))
        .map((arn) => `${at} has ${arn}`),
    ),
};

/** Whoever a role or key trusts by name only in the template is in the account, unless it is a service. */
export const noOpenPrincipal: Law = {
  name: 'no policy admits every principal, unless it refuses or has conditions',
  broken: (templates) =>
    resourcesOf(templates).flatMap(({ at, properties }) =>
      ['PolicyDocument', 'AssumeRolePolicyDocument', 'KeyPolicy', 'Policy', 'ResourcePolicy'].flatMap(
        (name) => {
          const document = properties[name];
          if (!isRecord(document)) return [];
          return listOf(document['Statement'])
            .filter(isRecord)
            .filter(
              ({ Effect, Principal, Condition }) =>
                Effect === 'Allow' && Condition === undefined && isOpen(Principal),
            )
            .filter(({ Action }) => !listOf(Action).every((action) => action === 'execute-api:Invoke'))
            .map(() => `${at} admits everybody in ${name}`);
        },
      ),
    ),
};

function isOpen(principal: unknown): boolean {
  return principal === '*' || (isRecord(principal) && listOf(principal['AWS']).includes('*'));
}
