import { ArnFormat, Resource, Stack, Token } from 'aws-cdk-lib';
import { type IAuthorizer, type IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type Grant, type IGrantable, type PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Alias, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct, IConstruct } from 'constructs';
import {
  type AuthorizerData,
  authorizerData,
  authorizerRefs,
  type Deferred,
} from '../../../lambda/authorizer/data.js';
import { ref } from '../../../lib/plan/refs.js';
import { directoryValues } from '../identity/directory-values.js';
import { ConstructError } from '../support/error.js';
import { checkRequired } from '../support/required.js';
import { isSameValue } from '../support/same-value.js';
import { apiMap, checkStack, knownOf } from './apis.js';
import { authorizerFunction } from './authorizer-function.js';
import {
  type AuthorizerMetric,
  countDecisions,
  type DecidedBy,
  decisions,
  ownMetric,
} from './authorizer-metrics.js';
import { checkedCacheTtl } from './cache.js';
import { HttpApiProtection, type HttpProtectOptions } from './http-api-protection.js';
import {
  ImportedAuthorizer,
  type ITokenAuthorizer,
  type TokenAuthorizerAttributes,
} from './imported-authorizer.js';
import type { TokenAuthorizerProps } from './props.js';
import { PROOF_TABLE, proofStore } from './proofs.js';
import { ApiProtection, type ProtectOptions } from './protect.js';
import { checkProtectable, notProtected } from './protectable.js';
import { authorizerProtection, type ProtectedAuthorizers } from './protection.js';
import { restAuthorizer } from './rest-authorizer.js';

/** Statements that fit into a function's policy of 20 KB ("Lambda quotas"), with room to spare. */
const MOST_PERMISSIONS = 40;
/** A ref whose value is the id of a service's API. */
const API_REF = /^services\/([^/]+)\/api\/(?:[0-9]+\/)?id$/;
/** Bytes of refs that fit beside the rest into the 4 KB of a function's environment ("Lambda quotas"). */
const MOST_REFS = 3072;
/** Characters of an id that API Gateway gives; a token's own text is longer or shorter. */
const API_ID = 10;
/** Of a directory: the longest is the address of its keys. */
const DIRECTORY = 110;

/**
 * The token authorizer: one function with the compiled policy as data, asked by every method of an API
 * before anything else happens. It takes the service from the API's id (and resource), and refuses what is
 * not canonical, not signed, not meant for that service, or not allowed.
 */
export class TokenAuthorizer extends Resource implements ITokenAuthorizer {
  /**
   * The authorizer of another stack, by the ARN of its alias. The API must be in the `apis` of that one, by its
   * literal id; of an API that it does not know every request is refused.
   */
  static fromAliasArn(scope: Construct, id: string, aliasArn: string): ITokenAuthorizer {
    return new ImportedAuthorizer(scope, id, { aliasArn });
  }

  /** The same, with what its metrics go by. */
  static fromAttributes(
    scope: Construct,
    id: string,
    attributes: TokenAuthorizerAttributes,
  ): ITokenAuthorizer {
    return new ImportedAuthorizer(scope, id, attributes);
  }

  readonly handler: LambdaFunction;
  /** What APIs invoke; an earlier version is one update of the alias away. */
  readonly alias: Alias;
  readonly logGroup: ILogGroup;
  readonly functionArn: string;
  readonly revocationOutageSeconds?: number;
  /** What lies beside the bundle. */
  readonly data: AuthorizerData<Deferred>;
  private readonly refs: Record<string, string>;
  private readonly authorizers = new Map<IRestApi, IAuthorizer>();
  private readonly adopted: readonly IRestApi[];
  private readonly protections = new Map<RestApi, ApiProtection>();
  private readonly httpProtections = new Map<HttpApi, HttpApiProtection>();
  private readonly cacheSeconds: number;
  private readonly perApi: boolean;
  private readonly decidedBy: DecidedBy;

  constructor(scope: Construct, id: string, props: TokenAuthorizerProps) {
    super(scope, id);
    const { apis, values, services } = apiMap(this, props);
    checkProtectable(this, props.apis ?? []);
    this.adopted = [...new Set(props.apis?.map(({ api }) => api))];
    this.cacheSeconds = checkedCacheTtl(this, props, props.plan, services);
    this.refs = { ...values, ...directoryValues(this, props.plan, props.directories, services) };
    const store = proofStore(this, props.plan, props.proofs);
    if (store?.table) this.refs[PROOF_TABLE.ref] = store.table.tableName;
    this.data = authorizerData(props.plan, {
      ...props.settings,
      ...this.revocationStore(props),
      ...(store && { proofs: store.proofs }),
      ...(this.cacheSeconds > 0 && { answersKeptSeconds: this.cacheSeconds }),
      apis,
    });
    const { store: revocations, outageSeconds } = this.data.revocation;
    if (revocations.kind !== 'none') this.revocationOutageSeconds = outageSeconds;
    const made = authorizerFunction(this, { ...props, usedProofs: store?.table }, this.data, () => this.refs);
    this.handler = made.handler;
    this.alias = made.alias;
    this.functionArn = made.alias.functionArn;
    this.logGroup = made.logGroup;
    this.perApi = (props.invokedBy ?? 'each-api') === 'each-api';
    if (!this.perApi) this.admitAccount();
    this.decidedBy = { platform: props.plan.trustDomain, functionName: made.handler.functionName };
    countDecisions(this, this.decidedBy, this.logGroup);
    this.node.addValidation({ validate: () => this.problems() });
    for (const api of this.adopted) this.authorizerOf(api, api);
  }

  authorizerFor(api: IRestApi, service: string, scope: Construct = api as RestApi): IAuthorizer {
    this.nameApi(service, api, api.restApiId);
    return this.authorizerOf(api, scope);
  }

  /**
   * Put the authorizer before every route of an HTTP API, those that are added later or elsewhere in the app too. The
   * service is one of `services`. What such an API lacks beside a REST API: a firewall, a resource policy, and statuses
   * but 403 (docs/aws/authorizer.md).
   */
  protectHttp(api: HttpApi, options: HttpProtectOptions): void {
    checkRequired(this, 'options', options, 'service and withoutFirewall');
    const { service } = options;
    if (this.httpProtections.has(api)) return;
    if (!(api instanceof HttpApi)) throw this.importedHttpApi(service);
    if (this.cacheSeconds > 0) throw this.cachedHttpApi();
    this.nameApi(service, api, api.apiId);
    this.httpProtections.set(
      api,
      new HttpApiProtection(this, api, {
        ...options,
        functionArn: this.alias.functionArn,
        ownPermission: this.perApi,
        name: this.node.id,
      }),
    );
  }

  /**
   * Put the authorizer before every method of an API that exists, those that are added later or elsewhere in the
   * app too, and have every deployment of it made anew; one that is not would go on serving the open methods. What
   * API Gateway answers to those that are refused tells nothing, unless the app has answers of its own.
   */
  protect(api: RestApi, options: ProtectOptions = {}): void {
    const authorizer = this.authorizers.get(api);
    if (!authorizer) throw this.notAdopted(api);
    if (this.protections.has(api)) return;
    const known = knownOf(api, this.data, this.refs);
    const props = { ...options, ...known, authorizer, name: this.node.id };
    this.protections.set(api, new ApiProtection(this, api, props));
  }

  /**
   * Statements for a service control policy or a permissions boundary: the function with its policy, its role and the
   * APIs in `apis` stay as the deployers made them.
   * @param deployers ARNs of roles, with `*` for what varies
   */
  protectionStatements(deployers: readonly string[]): PolicyStatement[] {
    return authorizerProtection({ stack: Stack.of(this), ...this.protected }, deployers);
  }

  /** What has to stay as it is. */
  get protected(): Omit<ProtectedAuthorizers, 'stack'> {
    return {
      functions: [this.handler.functionArn],
      roles: [this.handler.role!.roleArn],
      apis: this.adopted.map(({ restApiId }) => restApiId),
      httpApis: [...this.httpProtections.keys()].map(({ apiId }) => apiId),
    };
  }

  grantInvoke(grantee: IGrantable): Grant {
    return this.alias.grantInvoke(grantee);
  }

  metric(name: AuthorizerMetric, options?: MetricOptions): Metric {
    return ownMetric(this.handler.functionName, name, options);
  }

  metricRefused(options?: MetricOptions): Metric {
    return decisions(this.decidedBy, 'Refused', options);
  }

  metricUnavailable(options?: MetricOptions): Metric {
    return decisions(this.decidedBy, 'Unavailable', options);
  }

  metricInvocations(options?: MetricOptions): Metric {
    return this.alias.metricInvocations(options);
  }

  metricErrors(options?: MetricOptions): Metric {
    return this.alias.metricErrors(options);
  }

  metricThrottles(options?: MetricOptions): Metric {
    return this.alias.metricThrottles(options);
  }

  metricDuration(options?: MetricOptions): Metric {
    return this.alias.metricDuration(options);
  }

  /** An API is one service, and a service that users reach has one API. */
  private nameApi(service: string, api: IConstruct, id: string): void {
    const name = `services/${service}/api/id`;
    if (!authorizerRefs(this.data).includes(name)) throw this.notAwaited(service);
    checkStack(this, api, id, 'api');
    const before = this.refs[name];
    if (before !== undefined && before !== id) throw this.twoApis(service);
    const other = Object.keys(this.refs).find(
      (ref) => ref !== name && API_REF.test(ref) && isSameValue(this.refs[ref] ?? '', id),
    );
    if (other !== undefined) throw this.twoServices(service, other);
    this.refs[name] = id;
  }

  private authorizerOf(api: IRestApi, scope: Construct): IAuthorizer {
    const known = this.authorizers.get(api);
    if (known) return known;
    const made = restAuthorizer(scope, {
      api,
      functionArn: this.alias.functionArn,
      cacheSeconds: this.cacheSeconds,
      ownPermission: this.perApi,
      name: this.node.id,
    });
    this.authorizers.set(api, made);
    return made;
  }

  /**
   * Every authorizer of this account and region, because a permission for each API would not fit into the
   * function's policy. Whoever can make an authorizer here learns nothing but what it would be told anyway.
   */
  private admitAccount(): void {
    this.alias.addPermission('Authorizers', {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({
        service: 'execute-api',
        resource: '*',
        resourceName: 'authorizers/*',
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    });
  }

  private revocationStore({ revocations }: TokenAuthorizerProps) {
    if (!revocations) return {};
    if ('table' in revocations) {
      const [table, id] = [ref('revocations/table'), ref('revocations/id')];
      this.refs[table.ref] = revocations.table.tableName;
      this.refs[id.ref] = revocations.id;
      return { revocationStore: { kind: 'dynamodb', table, id } as const };
    }
    const bucket = ref('revocations/bucket');
    this.refs[bucket.ref] = revocations.bucketName;
    return { revocationStore: { kind: 's3', bucket, key: revocations.objectKey } as const };
  }

  /** What is only complete when everything has been declared. */
  private problems(): string[] {
    const missing = authorizerRefs(this.data).filter((name) => this.refs[name] === undefined);
    const size = JSON.stringify(this.refs, (name, value: unknown) =>
      typeof value === 'string' && Token.isUnresolved(value)
        ? 'x'.repeat(/^(issuers|directories)\//.test(name) ? DIRECTORY : API_ID)
        : value,
    ).length;
    const problems = missing.map(
      (name) =>
        new ConstructError(this, {
          code: 'service-without-api',
          message: 'no API was named for a service, so every request for it would fail',
          found: `no value for ${name}`,
          remedy: 'Call authorizerFor with its API, or leave the service out of `services`.',
        }),
    );
    if (size > MOST_REFS) {
      problems.push(
        new ConstructError(this, {
          code: 'refs-too-large',
          message: 'the APIs do not fit into the environment of one function',
          found: `${size} bytes`,
          expected: `at most ${MOST_REFS}`,
          remedy: 'Make a second authorizer, and give each its part of `services`.',
        }),
      );
    }
    const permissions = this.authorizers.size + this.httpProtections.size;
    if (this.perApi && permissions > MOST_PERMISSIONS) {
      problems.push(
        new ConstructError(this, {
          code: 'too-many-permissions',
          message: 'a permission for each API does not fit into the policy of one function',
          found: `${permissions} APIs`,
          expected: `at most ${MOST_PERMISSIONS}`,
          remedy: "Set invokedBy: 'account', or make a second authorizer.",
        }),
      );
    }
    for (const api of this.adopted) {
      if (api instanceof RestApi && !this.protections.has(api)) problems.push(notProtected(this, api));
    }
    const protections = [...this.protections.values(), ...this.httpProtections.values()];
    problems.push(...protections.flatMap((protection) => protection.problems()));
    return problems.map(({ code, message }) => `${code}: ${message}`);
  }

  private notAwaited(service: string): ConstructError {
    return new ConstructError(this, {
      code: 'service-not-awaited',
      message: 'the authorizer has no policy for this service',
      prop: 'service',
      found: JSON.stringify(service),
      expected: this.data.apis.map((api) => api.service).join(', '),
      remedy: 'Name the service in `services`, or its API in `apis`.',
    });
  }

  private twoApis(service: string): ConstructError {
    return new ConstructError(this, {
      code: 'service-of-two-apis',
      message: 'a service that users reach has one API',
      prop: 'api',
      found: `a second API for ${service}`,
      remedy: 'Use the API that was named first, or adopt both by `apis`.',
    });
  }

  private twoServices(service: string, ref: string): ConstructError {
    return new ConstructError(this, {
      code: 'api-of-two-services',
      message: 'a request could be for either of two services',
      prop: 'api',
      found: `${API_REF.exec(ref)?.[1]} and ${service}`,
      expected: 'an API for each service',
      remedy: 'Make an API for each, or adopt one by `apis` with the resources of each service.',
    });
  }

  private importedHttpApi(service: string): ConstructError {
    return new ConstructError(this, {
      code: 'api-not-protectable',
      message: 'the routes of an API that is imported are not seen here and would stay open',
      prop: 'api',
      found: `the API of ${service}`,
      expected: 'an HttpApi of this app',
      remedy: 'Protect it where its routes are made.',
    });
  }

  private cachedHttpApi(): ConstructError {
    return new ConstructError(this, {
      code: 'http-api-cache',
      message: 'a cached answer of an HTTP API is given to other paths of the same route',
      prop: 'cacheTtl',
      found: `${this.cacheSeconds} seconds`,
      expected: 'none',
      remedy: 'Make an authorizer without a cache for this API.',
    });
  }

  private notAdopted(api: RestApi): ConstructError {
    return new ConstructError(this, {
      code: 'api-not-adopted',
      message: 'the authorizer does not know which service this API is',
      prop: 'api',
      found: api.node.path,
      remedy: 'Name the API in `apis` with its service.',
    });
  }
}
