import type { Condition } from './condition.js';
import type { PipelinePrincipal, Principal, UserPrincipal } from './principal.js';

/** The methods that a canonical request may use. */
export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export type Method = (typeof METHODS)[number];

/** `GET /orders/{id}`, `POST /files/**`. */
export type HttpOperation = `${Method} /${string}`;
/** `rpc shop.Payments/Charge`: one method of a gRPC service. */
export type RpcOperation = `rpc ${string}/${string}`;
/** `tcp`: the connection. */
export type TcpOperation = 'tcp';
export type Operation = HttpOperation | RpcOperation | TcpOperation;

/** One method of a gRPC service: `rpc('shop.Payments/Charge')`. */
export function rpc<const Name extends `${string}/${string}`>(name: Name): `rpc ${Name}` {
  return `rpc ${name}`;
}

/** The connection to a TCP service. */
export function connect(): TcpOperation {
  return 'tcp';
}

/** A rule that is only watched until a date: it is logged, and decides nothing. */
export interface Audit {
  /** ISO 8601 instant from which every point enforces the rule by itself. */
  readonly until: string;
  readonly reason: string;
}

interface RuleData<Service extends string, Provider extends string, Pipeline extends string> {
  readonly principals: readonly Principal<Service, Provider, Pipeline>[];
  readonly service: Service;
  readonly operations: readonly Operation[];
  /** A name for logs and emergency denies. @default the service and a hash of the rule's content */
  readonly name?: string;
  /** @default the rule is enforced */
  readonly audit?: Audit;
}

export interface AllowRule<
  Service extends string = string,
  Provider extends string = string,
  Pipeline extends string = string,
> extends RuleData<Service, Provider, Pipeline> {
  readonly effect: 'allow';
  /**
   * ISO 8601 instant from which the rule admits nothing, at every point and without a deployment.
   * @default it never ends
   */
  readonly until?: string;
  /** All must hold for the rule to admit. @default none */
  readonly when?: readonly Condition[];
}

export interface DenyRule<
  Service extends string = string,
  Provider extends string = string,
  Pipeline extends string = string,
> extends RuleData<Service, Provider, Pipeline> {
  readonly effect: 'deny';
  /** Only if all hold does the rule not refuse. @default none: it always refuses */
  readonly unless?: readonly Condition[];
}

export type Rule<
  Service extends string = string,
  Provider extends string = string,
  Pipeline extends string = string,
> = AllowRule<Service, Provider, Pipeline> | DenyRule<Service, Provider, Pipeline>;

/** An allow being written; a rule like any other in `access`. */
export class AllowBuilder<Service extends string, Provider extends string, Pipeline extends string> {
  constructor(readonly rule: AllowRule<Service, Provider, Pipeline>) {}

  /** As JSON it is its rule, so that a model as JSON is that model. */
  toJSON(): AllowRule<Service, Provider, Pipeline> {
    return this.rule;
  }

  /** Admit only when all of these hold. */
  when(...conditions: readonly Condition[]): AllowBuilder<Service, Provider, Pipeline> {
    return new AllowBuilder({ ...this.rule, when: [...(this.rule.when ?? []), ...conditions] });
  }

  /** Name the rule for logs and emergency denies. */
  named(name: string): AllowBuilder<Service, Provider, Pipeline> {
    return new AllowBuilder({ ...this.rule, name });
  }

  /** Only log what the rule would have admitted, until the date. */
  audited(audit: Audit): AllowBuilder<Service, Provider, Pipeline> {
    return new AllowBuilder({ ...this.rule, audit });
  }

  /** Admit until this instant, and nothing from then on: `.until('2026-12-24T18:00:00Z')`. */
  until(instant: string): AllowBuilder<Service, Provider, Pipeline> {
    return new AllowBuilder({ ...this.rule, until: instant });
  }
}

/** A deny being written; a rule like any other in `access`. */
export class DenyBuilder<Service extends string, Provider extends string, Pipeline extends string> {
  constructor(readonly rule: DenyRule<Service, Provider, Pipeline>) {}

  /** As JSON it is its rule. */
  toJSON(): DenyRule<Service, Provider, Pipeline> {
    return this.rule;
  }

  /** Do not refuse if all of these hold. */
  unless(...conditions: readonly Condition[]): DenyBuilder<Service, Provider, Pipeline> {
    return new DenyBuilder({ ...this.rule, unless: [...(this.rule.unless ?? []), ...conditions] });
  }

  /** Name the rule for logs and emergency denies. */
  named(name: string): DenyBuilder<Service, Provider, Pipeline> {
    return new DenyBuilder({ ...this.rule, name });
  }

  /** Only log what the rule would have refused, until the date. */
  audited(audit: Audit): DenyBuilder<Service, Provider, Pipeline> {
    return new DenyBuilder({ ...this.rule, audit });
  }
}

/** A rule as plain data, or as one of the builders leaves it. */
export type RuleLike<
  Service extends string = string,
  Provider extends string = string,
  Pipeline extends string = string,
> =
  | Rule<Service, Provider, Pipeline>
  | AllowBuilder<Service, Provider, Pipeline>
  | DenyBuilder<Service, Provider, Pipeline>;

/** Every service, provider and pipeline that a principal names: so that a typo in any does not compile. */
type ServiceOf<P> = P extends { readonly kind: 'workload'; readonly service: infer S extends string }
  ? S
  : never;
type ProviderOf<P> = P extends { readonly kind: 'user' }
  ? P extends UserPrincipal<infer N>
    ? N
    : never
  : P extends { readonly forUser: UserPrincipal<infer N> }
    ? N
    : never;
type PipelineOf<P> = P extends PipelinePrincipal<infer N> ? N : never;

/**
 * Admit these principals:
 * `allow(user({ groups: ['staff'] })).to('orders', 'GET /orders/{id}').when(mfa())`.
 */
export function allow<const P extends readonly Principal[]>(...principals: P) {
  return {
    to: <const Service extends string>(service: Service, ...operations: readonly Operation[]) =>
      new AllowBuilder<Service | ServiceOf<P[number]>, ProviderOf<P[number]>, PipelineOf<P[number]>>({
        effect: 'allow',
        principals: principals as readonly Principal<
          Service | ServiceOf<P[number]>,
          ProviderOf<P[number]>,
          PipelineOf<P[number]>
        >[],
        service,
        operations,
      }),
  };
}

/**
 * Refuse these principals, whatever allows them:
 * `deny(user({ issuer: 'partners' })).to('payments', 'POST /refunds').unless(mfa())`.
 */
export function deny<const P extends readonly Principal[]>(...principals: P) {
  return {
    to: <const Service extends string>(service: Service, ...operations: readonly Operation[]) =>
      new DenyBuilder<Service | ServiceOf<P[number]>, ProviderOf<P[number]>, PipelineOf<P[number]>>({
        effect: 'deny',
        principals: principals as readonly Principal<
          Service | ServiceOf<P[number]>,
          ProviderOf<P[number]>,
          PipelineOf<P[number]>
        >[],
        service,
        operations,
      }),
  };
}

/** The plain data of a rule. Goes by shape: a model file may bring its own copy of this package. */
export function ruleOf(rule: RuleLike): Rule {
  return 'rule' in rule ? rule.rule : rule;
}
