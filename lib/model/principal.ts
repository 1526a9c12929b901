/**
 * Who a rule speaks about.
 *
 * Everything named inside one principal must hold together; several principals of a rule are
 * alternatives. So `user({ groups: ['a', 'b'] })` is a user in both groups, and
 * `allow(user({ groups: ['a'] }), user({ groups: ['b'] }))` is a user in either.
 */

/** A value that a claim can be compared with. Numbers are safe integers (a JSON number is a double). */
export type ClaimValue = string | boolean | number;

/** A claim by its path in the token: `'department'`, or `['realm', 'roles']` for a nested one. */
export type ClaimPath = string | readonly [string, ...string[]];

export interface UserSelector<Provider extends string = string> {
  /** The provider that issued the token. @default every provider under `identity.providers` */
  readonly issuer?: Provider;
  /** Groups, all of which the token must carry. @default none asked */
  readonly groups?: readonly string[];
  /** Scopes, all of which the token must carry. @default none asked */
  readonly scopes?: readonly string[];
  /** Top-level claims, each of which must equal the value, or as a list contain it. @default none asked */
  readonly claims?: Readonly<Record<string, ClaimValue>>;
}

export interface UserPrincipal<Provider extends string = string> extends UserSelector<Provider> {
  readonly kind: 'user';
}

export interface PipelinePrincipal<Pipeline extends string = string> {
  readonly kind: 'pipeline';
  readonly pipeline: Pipeline;
}

export interface AnyonePrincipal {
  readonly kind: 'anyone';
}

export interface WorkloadPrincipal<Service extends string = string, Provider extends string = string> {
  readonly kind: 'workload';
  readonly service: Service;
  /** The user whose token the workload must carry. @default the workload acts for itself */
  readonly forUser?: UserPrincipal<Provider>;
}

/** A workload that acts for a user. */
export interface DelegatedPrincipal<Service extends string = string, Provider extends string = string>
  extends WorkloadPrincipal<Service, Provider> {
  readonly forUser: UserPrincipal<Provider>;
}

export type Principal<
  Service extends string = string,
  Provider extends string = string,
  Pipeline extends string = string,
> =
  | UserPrincipal<Provider>
  | PipelinePrincipal<Pipeline>
  | AnyonePrincipal
  | WorkloadPrincipal<Service, Provider>;

/** A person who comes through a gateway with a token of a provider. */
export function user<const Provider extends string = never>(
  selector: UserSelector<Provider> = {},
): UserPrincipal<Provider> {
  return { kind: 'user', ...selector };
}

/** A declared pipeline (CI job) that comes through a gateway with its own token. */
export function pipeline<const Pipeline extends string>(name: Pipeline): PipelinePrincipal<Pipeline> {
  return { kind: 'pipeline', pipeline: name };
}

/**
 * In an allow: everyone who comes through a gateway, which makes the route public.
 * In a deny: every request, however it comes.
 */
export function anyone(): AnyonePrincipal {
  return { kind: 'anyone' };
}

/** What `workload()` returns: a principal that can also act for a user. */
export class Workload<Service extends string> implements WorkloadPrincipal<Service, never> {
  readonly kind = 'workload';
  declare readonly forUser?: undefined;
  constructor(readonly service: Service) {}

  /** The workload, only while it carries a valid token of such a user for the service it calls. */
  onBehalfOf<Provider extends string>(
    principal: UserPrincipal<Provider>,
  ): DelegatedPrincipal<Service, Provider> {
    return { kind: 'workload', service: this.service, forUser: principal };
  }
}

/** A workload, known by the SPIFFE ID of its certificate. */
export function workload<const Service extends string>(service: Service): Workload<Service> {
  return new Workload(service);
}
