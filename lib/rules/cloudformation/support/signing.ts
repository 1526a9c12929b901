import { covers, type Statement, statementsOf, testsOf } from './policy.js';
import { listOf, lone, text, words } from './read.js';
import type { Reading } from './reading.js';
import { guarded, KEY_TYPES, usageOf } from './signing-key.js';
import { Text, type Value } from './value.js';

/** A right that makes a certificate or a token, or that leads to one. */
interface Right {
  readonly types: readonly string[];
  /** Of something that it acts on. */
  readonly arn: string;
  /** Of a key, what it must be for. */
  readonly usage?: readonly string[];
  /** Whether most policies that have it are about keys that encrypt, so that not every key will do. */
  readonly common?: true;
}

const KEY_ARN = 'arn:aws:kms:eu-west-1:111122223333:key/1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f';
const [SIGN, MAC] = ['SIGN_VERIFY', 'GENERATE_VERIFY_MAC'] as const;

/** By the action in small letters. Who can grant a right on a key, or rewrite its policy, has the right. */
export const RIGHTS: Readonly<Record<string, Right>> = {
  'kms:sign': { types: KEY_TYPES, arn: KEY_ARN, usage: [SIGN] },
  'kms:generatemac': { types: KEY_TYPES, arn: KEY_ARN, usage: [MAC] },
  'kms:creategrant': { types: KEY_TYPES, arn: KEY_ARN, usage: [SIGN, MAC], common: true },
  'kms:putkeypolicy': { types: KEY_TYPES, arn: KEY_ARN, usage: [SIGN, MAC], common: true },
  'acm-pca:issuecertificate': {
    types: ['AWS::ACMPCA::CertificateAuthority'],
    arn: 'arn:aws:acm-pca:eu-west-1:111122223333:certificate-authority/1a2b3c4d-1a2b-3c4d-5e6f-1a2b3c4d5e6f',
  },
};

/** Rights of a wildcard on whatever there is; the others are told where they are named, or where the key is known. */
const BY_WILDCARD = ['kms:sign', 'acm-pca:issuecertificate'];

/** Whether a statement's resources hold something that can be signed with; `undefined` where that is open. */
export function reach(action: string, statement: Statement, reading: Reading): boolean | undefined {
  const right = RIGHTS[action]!;
  const named = statement.actions.includes(action);
  if (onlyForServices(statement, action, named)) return false;
  const anywhere = named || BY_WILDCARD.includes(action);
  if (statement.notResources.length > 0) {
    return (
      anywhere && !statement.notResources.some((item) => typeof item === 'string' && covers(item, right.arn))
    );
  }
  const ways = statement.resources.map((item) => one(item, action, anywhere, reading));
  if (ways.includes(true)) return true;
  if (ways.includes('guarded by what is open')) return undefined;
  if (!ways.includes(undefined) || right.common) return false;
  return named ? true : BY_WILDCARD.includes(action) ? undefined : false;
}

/** AWS services that act for a caller encrypt and decrypt; none signs. */
export function onlyForServices({ condition }: Statement, action: string, named: boolean): boolean {
  const tests = testsOf(condition) ?? [];
  const via = tests.some(
    ({ operator, key }) =>
      /^kms:ViaService$/i.test(key) &&
      /^(?:ForAnyValue:)?String(?:Equals|EqualsIgnoreCase|Like)$/i.test(operator),
  );
  if (via && (!named || RIGHTS[action]!.common)) return true;
  if (action !== 'kms:creategrant') return false;
  return tests.some(
    ({ operator, key, values }) =>
      (/^kms:GrantIsForAWSResource$/i.test(key) && /^Bool$/i.test(operator) && words(values[0]) === 'true') ||
      (/^kms:GrantOperations$/i.test(key) &&
        /^(?:ForAllValues:)?StringEquals$/i.test(operator) &&
        values.every(
          (value) => typeof value === 'string' && !/^(?:Sign|GenerateMac|CreateGrant)$/i.test(value),
        )),
  );
}

type Way = boolean | undefined | 'guarded by what is open';

function one(item: Value, action: string, anywhere: boolean, reading: Reading): Way {
  const { types, arn, usage: wanted, common } = RIGHTS[action]!;
  const hole = lone(item);
  // What begins with the ARN of another kind of resource is inside that.
  const [start] = item instanceof Text ? item.parts : [];
  if (typeof start === 'object' && start.kind === 'reference' && !types.includes(start.resource.type))
    return false;
  if (typeof hole === 'object' && hole.kind === 'reference') {
    if (!wanted) return true;
    const usage = usageOf(hole.resource, reading);
    if (usage instanceof Text) return undefined;
    if (!wanted.includes(usage)) return false;
    const policy = statementsOf(reading.get(hole.resource, 'KeyPolicy')) ?? [];
    const guard = guarded(policy, guardedBy(action, usage));
    return guard instanceof Text ? 'guarded by what is open' : !guard;
  }
  if (typeof hole === 'object') return undefined;
  const pattern =
    item instanceof Text
      ? item.parts.map((part) => (typeof part === 'string' ? part : '*')).join('')
      : words(item);
  const [tail = ''] = words(item).split('/').slice(-1);
  if (!anywhere || (common && !/[*?]/.test(tail))) return false;
  // Any key of any region will do, so only the service must fit where the pattern names one.
  const service = pattern.split(':')[2];
  if (service === undefined) return covers(pattern, arn);
  return pattern.startsWith('arn:') && covers(service, arn.split(':')[2]!) ? true : covers(pattern, arn);
}

/** A grant gives nobody what the key's policy denies; who rewrites the policy takes the denial away. */
export function guardedBy(action: string, usage: string): string {
  if (action === 'kms:putkeypolicy') return action;
  return usage === MAC ? 'kms:generatemac' : 'kms:sign';
}

/** Actions that make what a key of a usage is for. */
export function rightsOn(usage: string): string[] {
  return Object.entries(RIGHTS).flatMap(([action, { usage: of }]) => (of?.includes(usage) ? [action] : []));
}

/** Policies that AWS keeps and that hold one of the rights. */
const MANAGED =
  /(?:^|[:/])(?:AdministratorAccess|PowerUserAccess|AWS(?:CertificateManager)?PrivateCA(?:FullAccess|PrivilegedUser|User|ConnectorForKubernetesPolicy))$/;

export function isManagedAndSigns(policy: Value): boolean {
  const [tail] = policy instanceof Text ? policy.parts.slice(-1) : listOf(text(policy));
  return typeof tail === 'string' && MANAGED.test(tail);
}
