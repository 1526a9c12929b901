import { SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct, type IConstruct } from 'constructs';
import { dataError } from './domain-context.js';
import type { DataClient, DataDomainProps, ProtectStoreOptions } from './props.js';

const ACCESS: readonly unknown[] = [undefined, 'read', 'write', 'readWrite'];

/** Throws for props that only JavaScript could give, each by its path. */
export function checkDomain(domain: IConstruct, given: Partial<DataDomainProps> | undefined): void {
  if (!isRecord(given?.plan)) {
    throw dataError(domain, 'missing', 'a domain of data needs a plan', 'Hand over `platform.plan`.', {
      prop: 'plan',
      found: kindOf(given?.plan),
    });
  }
  if (!isRecord(given?.clients)) {
    throw dataError(
      domain,
      'missing',
      'nothing says what runs the workloads',
      'Name them: `clients: { payments }`, of what `mesh.join` returned.',
      { prop: 'clients', found: kindOf(given?.clients) },
    );
  }
  for (const [service, client] of Object.entries(given.clients)) checkClient(domain, service, client);
}

function checkClient(domain: IConstruct, service: string, client: Partial<DataClient> | undefined): void {
  for (const part of ['taskDefinition', 'securityGroup'] as const) {
    if (isRecord(client?.[part])) continue;
    throw dataError(
      domain,
      'missing',
      'a client is a task definition and its security group',
      'Hand over what `mesh.join` returned, or both.',
      { prop: `clients.${service}.${part}`, found: kindOf(client?.[part]) },
    );
  }
}

/** The same for what `protect` is given. */
export function checkProtect(
  domain: IConstruct,
  store: unknown,
  options: Partial<ProtectStoreOptions> | undefined,
): void {
  if (!Construct.isConstruct(store)) {
    throw dataError(domain, 'data-store', 'this is no store', 'Hand over the construct of a store.', {
      prop: 'store',
      found: kindOf(store),
    });
  }
  const workload = options?.for as Partial<ProtectStoreOptions['for']> | undefined;
  if (workload?.kind !== 'workload' || typeof workload.service !== 'string') {
    throw dataError(
      domain,
      'data-workload',
      `nothing says for whom ${store.node.path} is to be protected`,
      'Name the workload: `{ for: workload("payments") }`.',
      { prop: 'for', found: typeof workload === 'string' ? JSON.stringify(workload) : kindOf(workload) },
    );
  }
  const { access, user, securityGroup } = options ?? {};
  if (!ACCESS.includes(access)) {
    throw dataError(domain, 'unknown-value', 'there is no such access', 'Name one of these.', {
      prop: 'access',
      found: JSON.stringify(access),
      expected: '"read", "write" or "readWrite"',
    });
  }
  if (user !== undefined && typeof user !== 'string') {
    throw dataError(domain, 'wrong-type', 'a user is a name', 'Write its name, or leave it out.', {
      prop: 'user',
      found: kindOf(user),
    });
  }
  if (securityGroup !== undefined && !(securityGroup instanceof SecurityGroup)) {
    throw dataError(
      domain,
      'data-groups',
      'what an imported security group lets in is not seen here',
      'Hand over the SecurityGroup of this app that the cache has.',
      { prop: 'securityGroup', found: kindOf(securityGroup) },
    );
  }
}

function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Construct.isConstruct(value)) return value.node.path;
  return typeof value === 'object' ? 'an object of another kind' : `a ${typeof value}`;
}
