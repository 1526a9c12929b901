import { Stack, Token } from 'aws-cdk-lib';
import type { IRestApi } from 'aws-cdk-lib/aws-apigateway';
import type { Construct, IConstruct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { ref } from '../../../lib/plan/refs.js';
import { type Api, apiRef, type AuthorizerData, type Deferred } from '../../../lambda/authorizer/data.js';
import type { EdgeAnswers } from '../edge/gateway-responses.js';
import { ConstructError } from '../support/error.js';
import { isSameValue } from '../support/same-value.js';
import type { ProtectedApi, TokenAuthorizerProps } from './props.js';

/** The map from API and resource to service, and what is known of its values. */
export interface ApiMap {
  readonly apis: readonly Api<Deferred>[];
  /** Values of refs that are known when the construct is made; the others come by `authorizerFor`. */
  readonly values: Readonly<Record<string, string>>;
  readonly services: readonly string[];
}

/** Throws for a service that users do not reach, or an API that would be two services at once. */
export function apiMap(scope: Construct, { plan, apis = [], services }: TokenAuthorizerProps): ApiMap {
  const later = services ?? (apis.length > 0 ? [] : plan.gateway.services);
  const all = [...apis.map(({ service }) => service), ...later];
  if (all.length === 0) throw noService(scope, plan);
  for (const service of all) checkService(scope, plan, service);
  const values: Record<string, string> = {};
  const adopted = apis.map(({ service, api, resources }, index): Api<Deferred> => {
    checkStack(scope, api, api.restApiId, `apis[${index}].api`);
    checkOverlap(scope, apis, index);
    const key = `services/${service}/api/${index}`;
    values[`${key}/id`] = api.restApiId;
    resources?.forEach((resource, at) => {
      values[`${key}/resources/${at}`] = resource.resourceId;
    });
    const refs = resources?.map((_, at) => ref(`${key}/resources/${at}`));
    return { service, api: ref(`${key}/id`), ...(refs && { resources: refs }) };
  });
  const awaited = later.map((service): Api<Deferred> => ({ service, api: apiRef(service) }));
  return { apis: [...adopted, ...awaited], values, services: [...new Set(all)] };
}

function noService(scope: Construct, plan: Plan): ConstructError {
  return new ConstructError(scope, {
    code: 'no-service',
    message: 'there is nothing to authorize: no service of the plan has a public host',
    prop: 'plan',
    found: `${Object.keys(plan.services).length} services without a host`,
    remedy: 'Give a service that users reach a `host` in the model.',
  });
}

function checkService(scope: Construct, plan: Plan, service: string): void {
  if (plan.gateway.services.includes(service)) return;
  throw new ConstructError(scope, {
    code: 'unknown-service',
    message: 'the plan has no public service of this name',
    prop: 'services',
    found: JSON.stringify(service),
    expected: plan.gateway.services.join(', '),
    remedy: 'Use the name that the model has, and give the service a `host`.',
  });
}

/** One API is one service, or each of its resources is. */
function checkOverlap(scope: Construct, apis: readonly ProtectedApi[], index: number): void {
  const { api, resources } = apis[index]!;
  const clash = apis
    .slice(0, index)
    .find(
      (other) =>
        isSameValue(other.api.restApiId, api.restApiId) &&
        (!resources ||
          !other.resources ||
          resources.some(({ resourceId }) =>
            other.resources!.some((one) => isSameValue(one.resourceId, resourceId)),
          )),
    );
  if (!clash) return;
  throw new ConstructError(scope, {
    code: 'api-of-two-services',
    message: 'a request could be for either of two services',
    prop: `apis[${index}]`,
    found: `${clash.service} and ${apis[index]!.service}`,
    expected: 'each resource under one service',
    remedy: 'List the resources of each service, none of them twice.',
  });
}

/** The function is told the API's id, and the API's methods name the function: across two stacks a cycle. */
export function checkStack(scope: Construct, api: IConstruct, id: string, prop: string): void {
  const own = Stack.of(scope);
  if (!Token.isUnresolved(id) || isSameOrAbove(Stack.of(api), own)) return;
  throw new ConstructError(scope, {
    code: 'api-in-another-stack',
    message: 'the API and its authorizer would refer to one another across two stacks',
    prop,
    found: `an API of ${Stack.of(api).node.path}`,
    expected: `an API of ${own.node.path}`,
    remedy: 'Make the authorizer in the stack of the API, or name the API by its literal id (fromRestApiId).',
  });
}

function isSameOrAbove(stack: Stack, from: Stack): boolean {
  return (
    stack === from || (from.nestedStackParent !== undefined && isSameOrAbove(stack, from.nestedStackParent))
  );
}

/**
 * What the authorizer knows of one API: its resources, the one origin of all that its services declare, and whether
 * it takes proofs.
 */
export function knownOf(
  api: IRestApi,
  { apis, policy }: AuthorizerData<Deferred>,
  refs: Readonly<Record<string, string>>,
): { readonly resources: 'all' | readonly string[]; readonly answers: EdgeAnswers } {
  const valueOf = (item: Deferred) => (typeof item === 'string' ? item : refs[item.ref]);
  const own = apis.filter((entry) => valueOf(entry.api) === api.restApiId);
  const origins = new Set(own.flatMap(({ service }) => policy.services[service]?.cors?.origins ?? []));
  return {
    resources: own.some(({ resources }) => resources === undefined)
      ? 'all'
      : own.flatMap(({ resources = [] }) => resources.map((item) => valueOf(item) ?? '')),
    answers: {
      // API Gateway cannot choose between several.
      ...(origins.size === 1 && { allowedOrigin: [...origins][0]! }),
      ...(policy.dpop && { takesProofs: true }),
    },
  };
}
