import { createHash } from 'node:crypto';
import { Aspects, CfnResource } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Characters of a logical ID that are readable; CloudFormation takes 255, CDK's own IDs have 240. */
const READABLE = 180;

/** Resources whose logical ID carries a hash of what they deploy: a pinned one would never deploy a change. */
const CONTENT_ADDRESSED = new Set(['AWS::ApiGateway::Deployment', 'AWS::Lambda::Version']);

/**
 * The logical ID of a resource of a node of the plan: from the node's key (`services/orders`) and the
 * resource's place below the construct of that node, whatever stands above. So nothing moves when classes
 * are renamed or wrapped, and no two nodes collide (`a-b` and `aB` differ in the hash).
 */
export function logicalId(key: string, place: readonly string[] = []): string {
  const raw = [key, ...place].join('\n');
  const hash = createHash('sha256').update(raw).digest('hex').slice(0, 8).toUpperCase();
  const readable = [...key.split('/'), ...place].map(pascalCase).join('');
  return `${readable.slice(0, READABLE)}${hash}`;
}

/** New logical ID → the one that is deployed: an entry keeps a resource that would else be replaced. */
export type Renames = Readonly<Record<string, string>>;

/**
 * Give every resource below `scope` the logical ID that the plan's key gives it, at synthesis. Left alone
 * are resources whose ID must follow their content.
 */
export function pinLogicalIds(
  scope: IConstruct,
  key: string,
  renames: Renames = {},
  onId: (id: string) => void = () => {},
): void {
  const depth = scope.node.scopes.length;
  Aspects.of(scope).add({
    visit(node) {
      if (!CfnResource.isCfnResource(node) || CONTENT_ADDRESSED.has(node.cfnResourceType)) return;
      const place = node.node.scopes.slice(depth).map((item) => item.node.id);
      const id = logicalId(key, place.filter(isNamed));
      onId(id);
      node.overrideLogicalId(renames[id] ?? id);
    },
  });
}

/** CDK's own rule: what is called `Default` or `Resource` may be wrapped or unwrapped. */
function isNamed(id: string): boolean {
  return id !== 'Default' && id !== 'Resource';
}

function pascalCase(text: string): string {
  return text
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
