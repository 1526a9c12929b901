import { ArnFormat, Fn, Resource, Stack } from 'aws-cdk-lib';
import type { IAuthorizer, IRestApi, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { Construct, IConstruct } from 'constructs';
import { REVOCATION_OUTAGE_SECONDS } from '../../../lambda/authorizer/data.js';
import { ConstructError } from '../support/error.js';
import { type AuthorizerMetric, type DecidedBy, decisions, ownMetric } from './authorizer-metrics.js';
import { ApiProtection, type ProtectOptions } from './protect.js';
import { restAuthorizer } from './rest-authorizer.js';

/** The authorizer of a platform, here or in another stack. */
export interface ITokenAuthorizer extends IConstruct {
  /** The alias that APIs invoke. */
  readonly functionArn: string;
  /** Seconds without an answer about revocations after which nothing is admitted. @default it asks nobody */
  readonly revocationOutageSeconds?: number;
  /**
   * The authorizer of an API that is one service's, for `addMethod` or `defaultMethodOptions`. Made once for
   * each API, in `scope` (the API itself unless the methods stand in a nested stack).
   */
  authorizerFor(api: IRestApi, service: string, scope?: Construct): IAuthorizer;
  /** Put the authorizer before every method of an API of this app that exists; see `TokenAuthorizer.protect`. */
  protect(api: RestApi, options?: ProtectOptions): void;
  /** Allow invoking the function, for a test or an API that another tool makes. */
  grantInvoke(grantee: IGrantable): Grant;
  /** What the function counts of itself, such as `KeyFetchFailures`. */
  metric(name: AuthorizerMetric, options?: MetricOptions): Metric;
  /** Decisions that admitted nobody. */
  metricRefused(options?: MetricOptions): Metric;
  /** Requests that could not be judged, and so were refused: keys or revocations could not be had. */
  metricUnavailable(options?: MetricOptions): Metric;
  /** Requests that were judged. */
  metricInvocations(options?: MetricOptions): Metric;
  /** Lambda's own count, in which every 401 is an error too: API Gateway knows no other way to say it. */
  metricErrors(options?: MetricOptions): Metric;
  metricThrottles(options?: MetricOptions): Metric;
  metricDuration(options?: MetricOptions): Metric;
}

/** An authorizer of another stack or app. */
export interface TokenAuthorizerAttributes {
  /** ARN of its alias: the output `Authorizer` of a platform's stack. */
  readonly aliasArn: string;
  /** The trust domain of its plan, by which its decisions are counted. @default they cannot be watched from here */
  readonly platform?: string;
  /** That of its `settings`, by which the age of its revocations is watched. @default 300 */
  readonly revocationOutageSeconds?: number;
}

/** Of an authorizer in another stack only the function is known: it must know the API's id by its own `apis`. */
export class ImportedAuthorizer extends Resource implements ITokenAuthorizer {
  readonly functionArn: string;
  readonly revocationOutageSeconds: number;
  private readonly platform: string | undefined;
  private readonly authorizers = new Map<IRestApi, IAuthorizer>();
  private readonly protections = new Map<RestApi, ApiProtection>();
  /** `<function>:<alias>`, as Lambda's metrics have it. */
  private readonly qualified: string;

  constructor(scope: Construct, id: string, attributes: TokenAuthorizerAttributes) {
    super(scope, id);
    const { aliasArn, platform, revocationOutageSeconds = REVOCATION_OUTAGE_SECONDS } = attributes;
    this.revocationOutageSeconds = revocationOutageSeconds;
    this.functionArn = aliasArn;
    this.platform = platform;
    this.qualified = Stack.of(this).splitArn(aliasArn, ArnFormat.COLON_RESOURCE_NAME).resourceName!;
    this.node.addValidation({
      validate: () =>
        [...this.protections.values()]
          .flatMap((protection) => protection.problems())
          .map(({ code, message }) => `${code}: ${message}`),
    });
  }

  authorizerFor(api: IRestApi, _service: string, scope: Construct = api as RestApi): IAuthorizer {
    const known = this.authorizers.get(api);
    if (known) return known;
    const { functionArn } = this;
    const name = this.node.id;
    const made = restAuthorizer(scope, { api, functionArn, cacheSeconds: 0, ownPermission: true, name });
    this.authorizers.set(api, made);
    return made;
  }

  /** Which services the API is the other app knows by its `apis`; of what it does not know it refuses everything. */
  protect(api: RestApi, options: ProtectOptions = {}): void {
    if (this.protections.has(api)) return;
    const props = {
      ...options,
      authorizer: this.authorizerFor(api, ''),
      resources: 'all',
      // What the services declare the other app knows: the challenge is Bearer's, and no origin is named.
      answers: {},
      name: this.node.id,
    } as const;
    this.protections.set(api, new ApiProtection(this, api, props));
  }

  grantInvoke(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [this.functionArn],
    });
  }

  metric(name: AuthorizerMetric, options?: MetricOptions): Metric {
    return ownMetric(this.functionName, name, options);
  }

  metricRefused(options?: MetricOptions): Metric {
    return decisions(this.decidedBy(), 'Refused', options);
  }

  metricUnavailable(options?: MetricOptions): Metric {
    return decisions(this.decidedBy(), 'Unavailable', options);
  }

  metricInvocations(options?: MetricOptions): Metric {
    return this.ofLambda('Invocations', 'Sum', options);
  }

  metricErrors(options?: MetricOptions): Metric {
    return this.ofLambda('Errors', 'Sum', options);
  }

  metricThrottles(options?: MetricOptions): Metric {
    return this.ofLambda('Throttles', 'Sum', options);
  }

  metricDuration(options?: MetricOptions): Metric {
    return this.ofLambda('Duration', 'Average', options);
  }

  private get functionName(): string {
    return Fn.select(0, Fn.split(':', this.qualified));
  }

  /** "Types of metrics for Lambda functions", AWS Lambda Developer Guide: an alias is a `Resource`. */
  private ofLambda(metricName: string, statistic: string, options?: MetricOptions): Metric {
    const dimensionsMap = { FunctionName: this.functionName, Resource: this.qualified };
    return new Metric({ namespace: 'AWS/Lambda', metricName, dimensionsMap, statistic, ...options });
  }

  private decidedBy(): DecidedBy {
    const { platform, functionName } = this;
    if (platform !== undefined) return { platform, functionName };
    throw new ConstructError(this, {
      code: 'platform-unknown',
      message: 'decisions are counted by the platform, which this import does not name',
      prop: 'platform',
      remedy: "Import it by TokenAuthorizer.fromAttributes, with the plan's trustDomain as platform.",
    });
  }
}
