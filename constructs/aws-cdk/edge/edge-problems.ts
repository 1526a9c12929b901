import { Stack } from 'aws-cdk-lib';
import type { CfnMethod, CfnStage, IAuthorizer, Stage } from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { ApiParts, openings } from '../authorizer/open-api.js';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { templateForm } from '../support/template-form.js';
import type { EdgeApi } from './edge-api.js';

/** What an edge made on its API. */
export interface EdgeParts {
  readonly api: EdgeApi;
  readonly authorizer: IAuthorizer;
  readonly methods: readonly CfnMethod[];
  readonly stage: Stage;
}

/** The same with what its methods and its stage were made with, whatever is assigned to them later. */
export interface MadeEdge extends EdgeParts {
  readonly integrations: ReadonlyMap<CfnMethod, CfnMethod['integration']>;
  readonly served: Pick<CfnStage, 'deploymentId' | 'clientCertificateId' | 'canarySetting'>;
}

/** Call once all of an edge is made. */
export function madeEdge(parts: EdgeParts): MadeEdge {
  const { deploymentId, clientCertificateId, canarySetting } = parts.stage.node.defaultChild as CfnStage;
  return {
    ...parts,
    integrations: new Map(parts.methods.map((method) => [method, method.integration])),
    served: { deploymentId, clientCertificateId, canarySetting },
  };
}

/** Where an integration leads, and what it is given. Its time limit is a user's to change. */
const WAY = [
  'Type',
  'Uri',
  'IntegrationHttpMethod',
  'ConnectionType',
  'ConnectionId',
  'Credentials',
  'RequestParameters',
  'RequestTemplates',
];
/** What users must come through, and what the gateway is shown. */
const SERVED = ['DeploymentId', 'ClientCertificateId', 'CanarySetting'];

type Properties = Readonly<Record<string, unknown>>;

/** How requests could come past what stands before a service, by what the templates will have. */
export function edgeProblems(edge: Construct, parts: MadeEdge): ConstructError[] {
  const { api, authorizer, integrations, served, stage } = parts;
  const guarded = { construct: api, restApiId: api.restApiId, authorizer };
  const found = new ApiParts(guarded);
  const ownStage = stage.node.defaultChild as CfnStage;
  const others = [
    ...found.stages().filter(({ resource }) => resource !== ownStage),
    // One without a stage serves nobody.
    ...found.deployments().filter(({ properties }) => properties['StageName'] !== undefined),
  ];
  return [
    ...openings(edge, guarded),
    ...[...integrations].flatMap(([method, made]) =>
      changed(edge, method, compared(method, made, 'Integration'), WAY),
    ),
    ...changed(edge, ownStage, compared(ownStage, served), SERVED),
    ...others.map(
      ({ resource }) =>
        new ConstructError(edge, {
          code: 'stage-beside-edge',
          message:
            "a stage of the API has neither the edge's firewall nor its limits, log and client certificate",
          prop: 'api',
          found: resource.node.path,
          remedy: 'Remove it; a second way to the service is a second ServiceEdge.',
        }),
    ),
  ];
}

interface Compared {
  readonly wanted: Properties;
  readonly found: Properties;
}

function compared(resource: CfnMethod | CfnStage, made: unknown, property?: string): Compared {
  const found = synthesizedProperties(resource);
  return {
    wanted: form(Stack.of(resource).resolve(made) ?? {}),
    found: form(property === undefined ? found : (found[property] ?? {})),
  };
}

const form = (value: unknown) => (templateForm(value) ?? {}) as Properties;

function changed(
  edge: Construct,
  resource: CfnMethod | CfnStage,
  { wanted, found }: Compared,
  names: readonly string[],
): ConstructError[] {
  return names
    .filter((name) => JSON.stringify(wanted[name]) !== JSON.stringify(found[name]))
    .map(
      (name) =>
        new ConstructError(edge, {
          code: 'edge-changed',
          message:
            'the edge leads elsewhere than to the gateway, or is served by something else than it made',
          prop: 'api',
          found: `${name} of ${resource.node.path}: ${JSON.stringify(found[name]) ?? 'removed'}`.slice(
            0,
            400,
          ),
          expected: (JSON.stringify(wanted[name]) ?? 'nothing').slice(0, 200),
          remedy: 'Remove the override, or the assignment.',
        }),
    );
}
