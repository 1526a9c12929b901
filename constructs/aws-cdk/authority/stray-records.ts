import { CfnResource, Stage } from 'aws-cdk-lib';
import { CfnParameter } from 'aws-cdk-lib/aws-ssm';
import type { IConstruct } from 'constructs';
import { identityRecords } from '../../../lib/authority/identity-record.js';
import { ConstructError } from '../support/error.js';
import { type Beginning, literalBeginning } from '../support/literal-beginning.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { IdentityRecord } from './identity-record.js';

/**
 * Parameters that the registration function would take for a record, and that no `IdentityRecord` made: whoever writes
 * one says who is which service. A name that only the deployment knows counts, unless its beginning leads elsewhere.
 * Ask while the tree is validated.
 */
export function strayRecords(authority: IConstruct, platform: string): ConstructError[] {
  const path = `${identityRecords(platform)}/`;
  const nodes = (Stage.of(authority) ?? authority.node.root).node.findAll();
  const own = new Set(
    nodes.filter((node) => node instanceof IdentityRecord).map(({ node }) => node.defaultChild),
  );
  return (
    nodes
      .filter((node) => CfnResource.isCfnResource(node))
      .filter((node) => node.cfnResourceType === CfnParameter.CFN_RESOURCE_TYPE_NAME && !own.has(node))
      .map((resource) => ({ resource, name: synthesizedProperties(resource)['Name'] }))
      // CloudFormation gives one without a name a name without a path.
      .filter(({ name }) => name !== undefined && canBeUnder(path, literalBeginning(name)))
      .map(({ resource, name }) => stray(authority, path, `${resource.node.path}: ${JSON.stringify(name)}`))
  );
}

function canBeUnder(path: string, { text, isAll }: Beginning): boolean {
  return text.startsWith(path) || (!isAll && path.startsWith(text));
}

function stray(authority: IConstruct, path: string, found: string): ConstructError {
  return new ConstructError(authority, {
    code: 'stray-identity-record',
    message: 'a parameter says, or could say, which role is which service, and no IdentityRecord made it',
    found: found.slice(0, 300),
    expected: `a name that does not lead to ${path}`,
    remedy:
      'Remove it: join, or IdentityRecord, writes the one record of a role. Of another parameter begin the name with a literal path of its own.',
  });
}
