import { createHash } from 'node:crypto';
import { NestedStack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';
import { logicalId, pinLogicalIds, type Renames } from '../support/logical-id.js';

/**
 * Nested stacks that services are spread over, by their names. It never changes: another number would move
 * the resources of services that are deployed. A public service has about 30 resources at its edge, so 200
 * services leave each of 32 stacks below the 500 that one takes ("AWS CloudFormation quotas").
 */
const BUCKETS = 32;

/**
 * Authorizers that public services are spread over: the ids of their APIs must fit into the environment of one
 * function. It never changes either.
 */
const AUTHORIZERS = 4;

/** From the service's name alone, so that no other service's coming or going moves it. */
function bucketOf(service: string, buckets: number): number {
  return createHash('sha256').update(service).digest().readUInt32BE(0) % buckets;
}

/** The authorizer that judges the requests of a service's users. */
export function authorizerOf(service: string): string {
  return `authorizer-${bucketOf(service, AUTHORIZERS)}`;
}

/**
 * Where a platform's resources stand: what has state in the stack itself, the rest in one nested stack for each
 * part and for each bucket of services. It is so from the first deployment on, so growth moves nothing.
 */
export class PlatformStacks {
  private readonly nested = new Map<string, NestedStack>();
  /** Logical IDs that there are, before any rename. */
  private readonly ids = new Set<string>();

  constructor(
    private readonly scope: Construct,
    private readonly renames: Renames,
  ) {
    scope.node.addValidation({ validate: () => this.unknownRenames() });
  }

  /** A place in the stack itself, for what has state, under a key of the plan. */
  stateful(key: string): Construct {
    return this.place(this.scope, key);
  }

  /** A place in the nested stack of a part. */
  part(name: string): Construct {
    return this.place(this.stack(name), name);
  }

  /** A place for one part of what a service gets, in the nested stack of that part and the service's bucket. */
  service(service: string, part: string): Construct {
    return this.place(this.stack(`${part}-${bucketOf(service, BUCKETS)}`), `services/${service}/${part}`);
  }

  private place(scope: Construct, key: string): Construct {
    const id = key.replaceAll('/', '-');
    const known = scope.node.tryFindChild(id);
    if (known) return known as Construct;
    const place = new Construct(scope, id);
    pinLogicalIds(place, key, this.renames, (made) => this.ids.add(made));
    return place;
  }

  private stack(name: string): NestedStack {
    const known = this.nested.get(name);
    if (known) return known;
    const stack = new NestedStack(this.scope, name, { description: `Zero trust platform: ${name}` });
    const id = logicalId(`stacks/${name}`);
    this.ids.add(id);
    stack.nestedStackResource?.overrideLogicalId(this.renames[id] ?? id);
    this.nested.set(name, stack);
    return stack;
  }

  /** A rename of nothing keeps nothing: what it was meant for would be replaced. */
  private unknownRenames(): string[] {
    return Object.keys(this.renames)
      .filter((id) => !this.ids.has(id))
      .map((id) => {
        const { code, message } = new ConstructError(this.scope, {
          code: 'unknown-rename',
          message: 'the platform has no resource of this logical ID',
          prop: 'renames',
          found: JSON.stringify(id),
          remedy: 'Take the new ID from `cdk diff`, and name the deployed one as its value.',
        });
        return `${code}: ${message}`;
      });
  }
}
