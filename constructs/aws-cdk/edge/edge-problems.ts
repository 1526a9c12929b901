import type { CfnBasePathMapping, CfnMethod, CfnStage, IAuthorizer, Stage } from 'aws-cdk-lib/aws-apigateway';
import type { Construct, IConstruct } from 'constructs';
import { ApiParts, openings, type Part } from '../authorizer/open-api.js';
import { asMade, changesOf, type Made } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import type { EdgeApi } from './edge-api.js';

/** What an edge made on its API. */
export interface EdgeParts {
  readonly api: EdgeApi;
  readonly authorizer: IAuthorizer;
  readonly methods: readonly CfnMethod[];
  readonly stage: Stage;
  /** Of the service's own host. */
  readonly mapping: CfnBasePathMapping | undefined;
}

/** The same with what its methods and its stage were made with, whatever is assigned to them later. */
export interface MadeEdge extends EdgeParts {
  readonly made: readonly Made[];
}

/** Where an integration leads, and what it is given. Its time limit is a user's to change. */
const WAY = [
  'type',
  'uri',
  'integrationHttpMethod',
  'connectionType',
  'connectionId',
  'credentials',
  'requestParameters',
  'requestTemplates',
  'cacheKeyParameters',
] as const;

/** Methods and stages that edges made. */
const OF_EDGES = new WeakSet<IConstruct>();

/** Whether a method or a stage is one that an edge made, and watches. */
export function isOfEdge(resource: IConstruct): boolean {
  return OF_EDGES.has(resource);
}

/** Call once all of an edge is made. */
export function madeEdge(parts: EdgeParts): MadeEdge {
  const stage = parts.stage.node.defaultChild as CfnStage;
  for (const own of [...parts.methods, stage]) OF_EDGES.add(own);
  return {
    ...parts,
    made: [
      ...parts.methods.map((method) => asMade(method, wayOf(method))),
      // What users must come through, what the gateway is shown, and that no answer is kept and no request traced.
      asMade(stage, {
        DeploymentId: stage.deploymentId,
        ClientCertificateId: stage.clientCertificateId,
        CanarySetting: stage.canarySetting,
        MethodSettings: stage.methodSettings,
        CacheClusterEnabled: stage.cacheClusterEnabled,
        AccessLogSetting: stage.accessLogSetting,
      }),
    ],
  };
}

function wayOf({ integration }: CfnMethod): Record<string, unknown> {
  const way = (integration ?? {}) as Partial<CfnMethod.IntegrationProperty>;
  return Object.fromEntries(
    WAY.map((name) => [`Integration.${name.charAt(0).toUpperCase()}${name.slice(1)}`, way[name]]),
  );
}

/** How requests could come past what stands before a service, by what the templates will have. */
export function edgeProblems(edge: Construct, parts: MadeEdge): ConstructError[] {
  const { api, authorizer, methods, stage, mapping, made } = parts;
  const guarded = { construct: api, restApiId: api.restApiId, authorizer };
  const found = new ApiParts(guarded);
  const beside = (all: readonly Part[], own: readonly unknown[], problem: Beside) =>
    all
      .filter(({ resource }) => !own.includes(resource))
      .map(
        ({ resource }) => new ConstructError(edge, { ...problem, prop: 'api', found: resource.node.path }),
      );
  return [
    ...openings(edge, guarded),
    ...made.flatMap(changesOf).map(
      ({ place, ...values }) =>
        new ConstructError(edge, {
          code: 'edge-changed',
          message:
            'the edge leads elsewhere than to the gateway, or is served by something else than it made',
          prop: 'api',
          found: `${place}: ${values.found}`,
          expected: values.expected,
          remedy: 'Remove the override, or the assignment.',
        }),
    ),
    ...beside(found.methods(), methods, METHOD),
    ...beside(found.stages(), [stage.node.defaultChild], STAGE),
    // One without a stage serves nobody.
    ...beside(
      found.deployments().filter(({ properties }) => properties['StageName'] !== undefined),
      [],
      STAGE,
    ),
    ...beside(found.mappings(), [mapping], DOMAIN),
  ];
}

type Beside = Readonly<Record<'code' | 'message' | 'remedy', string>>;

const METHOD: Beside = {
  code: 'method-beside-edge',
  message: 'a method of the API is not one of the edge, so it leads past the gateway',
  remedy:
    'Remove it: the two methods of the edge take every path. What is no service of the model gets an API of its own.',
};

const STAGE: Beside = {
  code: 'stage-beside-edge',
  message: "a stage of the API has neither the edge's firewall nor its limits, log and client certificate",
  remedy: 'Remove it; a second way to the service is a second ServiceEdge.',
};

const DOMAIN: Beside = {
  code: 'domain-beside-edge',
  message: "another domain leads to the API, with neither the edge's TLS nor its client certificates",
  remedy: 'Remove the mapping; the host of a service is in the model, its certificate in the prop domain.',
};
