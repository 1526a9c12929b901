import { type CfnResource, Stack, Token } from 'aws-cdk-lib';
import { covers } from '../../../lib/rules/cloudformation/support/policy.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { type Allowed, hasAction } from './statements.js';

/** Stands for an id that AWS gives, which no policy can have written: only a wildcard is it. */
const UNKNOWN = '\u0001';
/** What a policy says by a reference to something else. */
const OTHER = '\u0002';

/** The right to connect to what has no policy of its own, and where a resource of this kind begins. */
const CONNECTING: Readonly<
  Record<string, readonly [action: string, beginning: (resource: CfnResource) => string]>
> = {
  'AWS::RDS::DBInstance': ['rds-db:connect', () => `rds-db:dbuser:db-${UNKNOWN}/`],
  'AWS::RDS::DBCluster': ['rds-db:connect', () => `rds-db:dbuser:cluster-${UNKNOWN}/`],
  'AWS::ElastiCache::ReplicationGroup': [
    'elasticache:Connect',
    (resource) => {
      const { ReplicationGroupId: name } = synthesizedProperties(resource);
      return `elasticache:replicationgroup:${typeof name === 'string' ? name : UNKNOWN}`;
    },
  ],
};

/** The action by which one connects to a store, if it has no policy that says who. */
export function connectAction({ cfnResourceType }: CfnResource): string | undefined {
  return CONNECTING[cfnResourceType]?.[0];
}

/**
 * Whether something is allowed to connect to every store of a kind, or to several by a wildcard, and so to this one. By name it
 * is told elsewhere. Ask while the tree is validated.
 */
export function connectsByWildcard(store: CfnResource, stack: Stack, allowed: Allowed): boolean {
  const [action, beginningOf] = CONNECTING[store.cfnResourceType] ?? [];
  if (action === undefined || beginningOf === undefined || !hasAction(allowed, action)) return false;
  const { region, account } = placeOf(Stack.of(store));
  const [service, ...rest] = beginningOf(store).split(':');
  const beginning = ['arn:aws', service, region, account, ...rest].join(':');
  const patterns = (value: unknown) =>
    patternsOf(value, stack).map((pattern) => inPlace(pattern, Stack.of(store)));
  if (allowed.notResources !== undefined)
    return !patterns(allowed.notResources).some((pattern) => covers(pattern, beginning + UNKNOWN));
  return patterns(allowed.resources).some((pattern) => mayBegin(pattern, beginning));
}

/** Whether a pattern covers some text that begins so. */
function mayBegin(pattern: string, beginning: string): boolean {
  const lengths = [...Array(pattern.length + 1).keys()];
  return lengths.some((length) => covers(pattern.slice(0, length), beginning));
}

function placeOf(stack: Stack): { readonly region: string; readonly account: string } {
  const known = (value: string, otherwise: string) => (Token.isUnresolved(value) ? otherwise : value);
  return { region: known(stack.region, 'region'), account: known(stack.account, 'account') };
}

/** In one partition; a store that may be deployed anywhere is also where a policy says that it is. */
function inPlace(pattern: string, store: Stack): string {
  const found = pattern.replace(/^arn:aws[a-z-]+:/, 'arn:aws:');
  const { region, account } = placeOf(store);
  const [arn = '', partition = '', service = '', itsRegion = '', itsAccount = '', ...rest] = found.split(':');
  if (rest.length === 0 || /[*?]/.test(arn + partition + service + itsRegion + itsAccount)) return found;
  const here = [
    Token.isUnresolved(store.region) ? region : itsRegion,
    Token.isUnresolved(store.account) ? account : itsAccount,
  ];
  return [arn, partition, service, ...here, ...rest].join(':');
}

/** Patterns as IAM will see them, as far as a template says them. */
function patternsOf(value: unknown, stack: Stack): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => patternsOf(item, stack));
  const choice = (value as { readonly 'Fn::If'?: readonly unknown[] } | undefined)?.['Fn::If'];
  return choice ? patternsOf(choice.slice(1), stack) : [patternOf(value, stack)];
}

function patternOf(value: unknown, stack: Stack): string {
  if (typeof value === 'string') return value;
  const { Ref, ...found } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof Ref === 'string') return pseudo(Ref, stack);
  const [join, sub] = [found['Fn::Join'], found['Fn::Sub']];
  if (Array.isArray(join)) {
    const [between, parts] = join as [string, unknown];
    return [parts]
      .flat()
      .map((part) => patternOf(part, stack))
      .join(between);
  }
  const text: unknown = Array.isArray(sub) ? sub[0] : sub;
  if (typeof text !== 'string') return OTHER;
  return text.replaceAll(/\$\{([^}]*)\}/g, (_, name: string) => pseudo(name, stack));
}

/** What a name stands for that CloudFormation knows, or nobody here. */
function pseudo(name: string, stack: Stack): string {
  const { region, account } = placeOf(stack);
  const known: Readonly<Record<string, string>> = {
    'AWS::Partition': 'aws',
    'AWS::Region': region,
    'AWS::AccountId': account,
  };
  return known[name] ?? OTHER;
}
