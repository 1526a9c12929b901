import { CfnResource, Stack } from 'aws-cdk-lib';
import { CfnUser } from 'aws-cdk-lib/aws-elasticache';
import type { IConstruct } from 'constructs';
import type { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { dataError } from './domain-context.js';
import type { ProtectedStore } from './protected-store.js';

/**
 * Users of caches that are made twice under one name in an account and region, where there can be one. `root` is the
 * whole app: its environments may share an account.
 */
export function secondUsers(root: IConstruct, stores: readonly ProtectedStore[]): ConstructError[] {
  const users = root.node
    .findAll()
    .filter((node) => CfnResource.isCfnResource(node))
    .filter(({ cfnResourceType }) => cfnResourceType === CfnUser.CFN_RESOURCE_TYPE_NAME)
    .map((resource) => ({ resource, place: placeOf(resource) }));
  return stores.flatMap(({ store }) =>
    users
      .filter(({ resource }) => resource.node.scopes.includes(store))
      .flatMap((own) =>
        users
          .filter(({ resource, place }) => resource !== own.resource && place === own.place)
          .map(({ resource }) =>
            dataError(
              store,
              'data-user-twice',
              'two users of caches have one name, and an account has one of a name in a region',
              'Leave `user` out, or name another one.',
              { prop: 'user', found: `${own.place} of ${resource.node.path}` },
            ),
          ),
      ),
  );
}

/** Such as `orders in 111122223333, eu-west-1`. */
function placeOf(resource: CfnResource): string {
  const stack = Stack.of(resource);
  const { UserId } = synthesizedProperties(resource);
  return `${JSON.stringify(UserId)} in ${stack.account}, ${stack.region}`;
}
