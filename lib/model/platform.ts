import type { RuleLike } from './access.js';
import type { Data } from './data.js';
import type { Egress } from './egress.js';
import type { Pipeline, Provider } from './identity.js';
import type { Engine, Service } from './service.js';

/** A named weakening of a control: it needs a reason and an end, and the plan and the report carry both. */
export interface OptOut {
  /** The id of the check that is silenced, such as `shared-audience`. */
  readonly rule: string;
  /** The element it is silenced for, such as `identity.providers.people`. @default everywhere */
  readonly path?: string;
  readonly reason: string;
  /** ISO 8601 date after which the check speaks again. */
  readonly expires: string;
}

/** What guards the gateway besides the policy. */
export interface Firewall {
  /** Open connections that one gateway accepts. @default 10000 */
  readonly maxConnections?: number;
  /** Bytes of a request body that a gateway accepts; not of a gRPC stream. @default 1048576 */
  readonly maxBodyBytes?: number;
  /** Seconds for a whole request; not for a gRPC stream, which ends with its connection. @default 30 */
  readonly requestTimeoutSeconds?: number;
}

/** How workloads get their certificates. */
export interface Authority {
  /** Seconds a leaf certificate lives, 60 to 86400. @default 14400 */
  readonly leafLifetimeSeconds?: number;
  /** Set the trust domain of an engine; `cluster.local` for a mesh alone that keeps Istio's own. @default `<engine>.<environment>.<trustDomain>` */
  readonly trustDomains?: Partial<Readonly<Record<Engine, string>>>;
  /** The namespace segment of every SPIFFE ID. @default 'default' */
  readonly namespace?: string;
}

/** What is logged. */
export interface Observe {
  /** Log admitted requests as well as refused ones. @default 'all' */
  readonly decisions?: 'all' | 'refused';
}

/** The model with its names erased: what `resolve` and the CLI take. */
export interface ZeroTrustModel {
  /** The organisation's DNS name, from which every trust domain is derived. */
  readonly trustDomain: string;
  /** `prod`, `staging`, …; part of every identifier. */
  readonly environment: string;
  readonly identity?: {
    readonly providers?: Readonly<Record<string, Provider>>;
    readonly pipelines?: Readonly<Record<string, Pipeline>>;
  };
  readonly services: Readonly<Record<string, Service>>;
  /** Who may call what. @default nobody may call anything */
  readonly access?: readonly RuleLike[];
  readonly firewall?: Firewall;
  readonly authority?: Authority;
  /** What may leave the platform. @default nothing */
  readonly egress?: Egress;
  /** Data stores, by domain. @default none */
  readonly data?: Data;
  readonly observe?: Observe;
  /** @default none */
  readonly optOuts?: readonly OptOut[];
}

/** The services that a provider or a pipeline names; none of those that the compiler does not know. */
type ServicesOf<Issuer> =
  | (Issuer extends { readonly audiences?: infer Audiences } ? Known<keyof NonNullable<Audiences>> : never)
  | (Issuer extends { readonly sharedAudience?: readonly (infer Service)[] } ? Known<Service> : never);

type Known<Name> = Name extends string ? (string extends Name ? never : Name) : never;

/** Issuers that name no other services than these: one that does wants a property that nothing has. */
type NamesOnly<Issuers, Service extends string> = {
  readonly [Name in keyof Issuers]: [ServicesOf<Issuers[Name]>] extends [Service]
    ? unknown
    : { readonly unknownService: Exclude<ServicesOf<Issuers[Name]>, Service> };
};

/** `ZeroTrustModel` that knows its own names, so that a rule with a typo does not compile. */
export interface TypedModel<
  Services extends Readonly<Record<string, Service>>,
  Providers extends Readonly<Record<string, Provider>>,
  Pipelines extends Readonly<Record<string, Pipeline>>,
> extends Omit<ZeroTrustModel, 'identity' | 'services' | 'access' | 'egress' | 'data'> {
  readonly identity?: {
    readonly providers?: Providers & NamesOnly<Providers, NoInfer<keyof Services & string>>;
    readonly pipelines?: Pipelines & NamesOnly<Pipelines, NoInfer<keyof Services & string>>;
  };
  readonly services: Services;
  readonly access?: readonly RuleLike<
    NoInfer<keyof Services & string>,
    NoInfer<keyof Providers & string>,
    NoInfer<keyof Pipelines & string>
  >[];
  readonly egress?: Egress<NoInfer<keyof Services & string>>;
  readonly data?: Data<NoInfer<keyof Services & string>>;
}

/**
 * Declare a platform. Nothing is computed and nothing is hidden: the value is the model, for
 * `resolve`, the CLI and every engine. What the compiler cannot see, `resolve` reports.
 */
export function defineZeroTrust<
  const Services extends Readonly<Record<string, Service>>,
  const Providers extends Readonly<Record<string, Provider>> = {},
  const Pipelines extends Readonly<Record<string, Pipeline>> = {},
>(model: TypedModel<Services, Providers, Pipelines>): ZeroTrustModel {
  return model as ZeroTrustModel;
}
