import { CfnResource, Stack, Stage, Token } from 'aws-cdk-lib';
import {
  CfnAuthorizer,
  CfnBasePathMapping,
  CfnDeployment,
  CfnMethod,
  CfnRestApi,
  CfnStage,
  type IAuthorizer,
} from 'aws-cdk-lib/aws-apigateway';
import type { Construct, IConstruct } from 'constructs';
import { changesOf } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { askedAsMade } from './rest-authorizer.js';
import { Mentions } from '../support/mentions.js';
import { referenceOf } from '../support/same-value.js';
import { synthesizedProperties } from '../support/synthesized.js';

type Properties = Readonly<Record<string, unknown>>;

/** An API with an authorizer before it. */
export interface GuardedApi {
  /** A construct of the stack that has the API. */
  readonly construct: Construct;
  readonly restApiId: string;
  /** @default any authorizer of the account's own (`CUSTOM`) */
  readonly authorizer?: IAuthorizer;
}

/** A resource of an API as its template will have it, overrides included. */
export interface Part<Resource extends CfnResource = CfnResource> {
  readonly resource: Resource;
  readonly properties: Properties;
}

/** What belongs to one API in the tree. Ask while the tree is validated: what is rendered before stays as it is then. */
export class ApiParts {
  private readonly mentions: Mentions;

  constructor(private readonly api: GuardedApi) {
    this.mentions = new Mentions({ construct: api.construct, values: [api.restApiId] });
  }

  methods = () => this.of(CfnMethod);
  stages = () => this.of(CfnStage);
  deployments = () => this.of(CfnDeployment);
  /** What leads a domain to the API, rules of routing included. */
  mappings = () => MAPPINGS.flatMap((type) => this.of<CfnResource>({ CFN_RESOURCE_TYPE_NAME: type }));

  private of<Resource extends CfnResource>(type: ResourceType<Resource>): Part<Resource>[] {
    const { construct, restApiId } = this.api;
    const { byApi, unclear } = indexOf(Stage.of(construct) ?? construct.node.root);
    return [...(byApi.get(keyOf(restApiId)) ?? []), ...unclear]
      .filter((node): node is Resource => node.cfnResourceType === type.CFN_RESOURCE_TYPE_NAME)
      .map((resource) => ({ resource, properties: synthesizedProperties(resource) }))
      .filter(({ resource, properties }) =>
        this.mentions.isIn(Stack.of(resource), properties['RestApiId'] ?? properties),
      );
  }
}

const MAPPINGS = [
  'AWS::ApiGateway::BasePathMapping',
  'AWS::ApiGateway::BasePathMappingV2',
  'AWS::ApiGatewayV2::ApiMapping',
  'AWS::ApiGatewayV2::RoutingRule',
];

/** The class of an L1, or what is known of one. */
interface ResourceType<Resource> {
  readonly CFN_RESOURCE_TYPE_NAME: string;
  readonly prototype?: Resource;
}

interface Index {
  /** By what their API is. */
  readonly byApi: ReadonlyMap<string, readonly CfnResource[]>;
  /** Whose these are only their template says: an override, a function of CloudFormation, a resource by the name of its type. */
  readonly unclear: readonly CfnResource[];
}

/** L1s that say in their props which API is theirs. */
const BY_API = [CfnMethod, CfnStage, CfnDeployment, CfnBasePathMapping];
type OfApi = InstanceType<(typeof BY_API)[number]>;

const TYPES = new Set([...BY_API.map((type) => type.CFN_RESOURCE_TYPE_NAME), ...MAPPINGS]);

const indexes = new WeakMap<IConstruct, Index>();

/** One pass for all APIs that are validated in one go: each by itself would cost the square of their number. */
function indexOf(stage: IConstruct): Index {
  const known = indexes.get(stage);
  if (known) return known;
  const [byApi, unclear] = [new Map<string, CfnResource[]>(), [] as CfnResource[]];
  for (const node of stage.node.findAll()) {
    if (!CfnResource.isCfnResource(node) || !TYPES.has(node.cfnResourceType)) continue;
    const key = BY_API.some((type) => node instanceof type) ? plainKey(node as OfApi) : undefined;
    if (key === undefined) unclear.push(node);
    else byApi.set(key, [...(byApi.get(key) ?? []), node]);
  }
  const made = { byApi, unclear };
  indexes.set(stage, made);
  queueMicrotask(() => indexes.delete(stage));
  return made;
}

/** The key of a resource's API, if its props alone say which it is. */
function plainKey(node: OfApi): string | undefined {
  const { rawOverrides } = node as unknown as { readonly rawOverrides?: { readonly Properties?: object } };
  if (rawOverrides?.Properties && 'RestApiId' in rawOverrides.Properties) return undefined;
  const { restApiId } = node;
  if (restApiId === undefined || (Token.isUnresolved(restApiId) && !referenceOf(restApiId))) return undefined;
  return keyOf(restApiId);
}

function keyOf(restApiId: string): string {
  return referenceOf(restApiId)?.target.node.path ?? restApiId;
}

/** How requests could reach an API past its authorizer, by what the templates will have. */
export function openings(scope: Construct, api: GuardedApi): ConstructError[] {
  return [
    ...new ApiParts(api).methods().flatMap((method) => openMethod(scope, api, method)),
    ...changedAuthorizer(scope, api),
    ...foreignBody(scope, api),
  ];
}

/** A preflight that API Gateway answers by itself asks nobody, and reaches nothing. */
export function isOwnPreflight({ HttpMethod, Integration }: Properties): boolean {
  return HttpMethod === 'OPTIONS' && (Integration as Properties | undefined)?.['Type'] === 'MOCK';
}

function openMethod(
  scope: Construct,
  { authorizer }: GuardedApi,
  { resource, properties }: Part<CfnMethod>,
): ConstructError[] {
  if (isOwnPreflight(properties)) return [];
  const { AuthorizationType, AuthorizerId, HttpMethod } = properties;
  const wanted = authorizer ? (Stack.of(resource).resolve(authorizer.authorizerId) as unknown) : AuthorizerId;
  if (AuthorizationType === 'CUSTOM' && JSON.stringify(AuthorizerId) === JSON.stringify(wanted)) return [];
  return [
    new ConstructError(scope, {
      code: 'open-method',
      message: 'a method of the API does not ask its authorizer',
      prop: 'api',
      found: `${JSON.stringify(HttpMethod)} of ${resource.node.path}: ${JSON.stringify({ AuthorizationType, AuthorizerId })}`,
      expected: 'AuthorizationType CUSTOM, and the id of this authorizer',
      remedy: 'Remove the override, or the aspect, that changes its authorization or its integration.',
    }),
  ];
}

/** The authorizer itself: what it asks, and what it lets pass without asking again. */
function changedAuthorizer(scope: Construct, { authorizer }: GuardedApi): ConstructError[] {
  const resource = authorizer && referenceOf(authorizer.authorizerId)?.target;
  if (!(resource instanceof CfnAuthorizer)) return [];
  return changesOf(askedAsMade(resource)).map(
    ({ place, found, expected }) =>
      new ConstructError(scope, {
        code: 'authorizer-changed',
        message: 'something changes whom the authorizer asks, or how long an answer holds',
        prop: 'api',
        found: `${place}: ${found}`,
        expected,
        remedy: 'Remove the override, or the assignment; the time of a cache is a prop of the authorizer.',
      }),
  );
}

/** A document makes methods that are no resources, and so are not seen. */
function foreignBody(scope: Construct, { construct, restApiId }: GuardedApi): ConstructError[] {
  const resource = referenceOf(restApiId)?.target ?? construct.node.defaultChild;
  if (!(resource instanceof CfnRestApi)) return [];
  const { Body, BodyS3Location, CloneFrom } = synthesizedProperties(resource);
  if (Body === undefined && BodyS3Location === undefined && CloneFrom === undefined) return [];
  return [
    new ConstructError(scope, {
      code: 'api-from-document',
      message: 'methods that an OpenAPI document makes are not seen here, and would stay open',
      prop: 'api',
      found: resource.node.path,
      remedy: 'Remove the override of Body, BodyS3Location or CloneFrom, and make the methods one by one.',
    }),
  ];
}
