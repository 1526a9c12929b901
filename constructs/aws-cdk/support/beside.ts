import { CfnResource, Stack, Stage } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { outermost } from './as-made.js';
import { embeddedJson } from './embedded-json.js';
import { ConstructError } from './error.js';
import { Mentions, type Sought } from './mentions.js';
import { synthesizedProperties } from './synthesized.js';

/** What would change something that the platform keeps as it made it, without touching the resource itself. */
export interface Beside extends Sought {
  /** Such as `the bucket`. */
  readonly what: string;
  /** Resources that say something about it beside those of the platform. */
  readonly types: readonly {
    readonly type: string;
    /** By which they name it. @default anywhere in them */
    readonly property?: string;
    /** Those of the platform. */
    readonly own?: readonly CfnResource[];
  }[];
  /** Calls of `AwsCustomResource`; a service by its names in both SDKs, such as `s3`. */
  readonly calls: { readonly services: readonly string[]; readonly changing: RegExp };
}

/** Synthesis stops for another resource that says something about this, and for a custom resource that would change it. */
export function keepAlone(beside: Beside): void {
  const { construct } = beside;
  outermost(construct).node.addValidation({
    validate: () => others(beside).map(({ code, message }) => `${code}: ${message}`),
  });
}

function others({ construct, values, what, types, calls }: Beside): ConstructError[] {
  const mentions = new Mentions({ construct, values });
  const { byType, called } = indexOf(Stage.of(construct) ?? construct.node.root);
  const resources = types.flatMap(({ type, property, own = [] }) =>
    (byType.get(type) ?? [])
      .filter((resource) => !own.includes(resource))
      .filter((resource) => mentions.isIn(Stack.of(resource), named(resource, property)))
      .map((resource) => `${resource.node.path} (${type})`),
  );
  const changes = called
    .filter(({ service, action }) => calls.services.includes(service) && calls.changing.test(action))
    .filter(({ resource, parameters }) => mentions.isIn(Stack.of(resource), parameters ?? null))
    .map(({ resource, service, action }) => `${resource.node.path}, which calls ${service}:${action}`);
  return [...new Set([...resources, ...changes])].map(
    (found) =>
      new ConstructError(construct, {
        code: 'changed-beside',
        message: `something changes ${what} beside what the platform made of it`,
        found,
        remedy: 'Remove it; what may be chosen are the props of the construct.',
      }),
  );
}

function named(resource: CfnResource, property: string | undefined): unknown {
  const properties = synthesizedProperties(resource);
  return property === undefined ? properties : (properties[property] ?? null);
}

/** A call that a custom resource of the CDK makes. */
interface Call {
  readonly resource: CfnResource;
  /** Such as `kms`. */
  readonly service: string;
  /** In small letters, such as `putkeypolicy`. */
  readonly action: string;
  readonly parameters: unknown;
}

interface Index {
  readonly byType: ReadonlyMap<string, readonly CfnResource[]>;
  readonly called: readonly Call[];
}

const indexes = new WeakMap<IConstruct, Index>();

/** One pass for all that are validated in one go. */
function indexOf(root: IConstruct): Index {
  const known = indexes.get(root);
  if (known) return known;
  const resources = root.node.findAll().filter((node) => CfnResource.isCfnResource(node));
  const made = {
    byType: Map.groupBy(resources, ({ cfnResourceType }) => cfnResourceType),
    called: resources.filter(({ cfnResourceType: type }) => CUSTOM.test(type)).flatMap(callsOf),
  };
  indexes.set(root, made);
  queueMicrotask(() => indexes.delete(root));
  return made;
}

const CUSTOM = /^(Custom::|AWS::CloudFormation::CustomResource$)/;

/** All calls of `AwsCustomResource` below a stage or an app. */
export function callsIn(root: IConstruct): readonly Call[] {
  return indexOf(root).called;
}

/** The SDK's two ways of saying it: `KMS` and `putKeyPolicy`, `@aws-sdk/client-kms` and `PutKeyPolicyCommand`. */
function callsOf(resource: CfnResource): Call[] {
  const properties = synthesizedProperties(resource);
  return ['Create', 'Update', 'Delete'].flatMap((event) => {
    const call = embeddedJson(properties[event]) as Readonly<Record<string, unknown>> | undefined;
    const { service, action, parameters } = call ?? {};
    if (typeof service !== 'string' || typeof action !== 'string') return [];
    return [
      {
        resource,
        service: service.replace(/^@aws-sdk\/client-/, '').toLowerCase(),
        action: action.toLowerCase().replace(/command$/, ''),
        parameters,
      },
    ];
  });
}
