import type { EgressPrincipal } from './egress.js';

/** Data that is kept and handled alike: one key encrypts it, and who may reach it is said here. */
export interface DataDomain<Service extends string = string> {
  /** How it is to be handled, in the organisation's own words: `confidential`, `card-data`. */
  readonly label: string;
  /** The workloads that may reach it; nobody else does. */
  readonly principals: readonly EgressPrincipal<Service>[];
}

/** Data stores by domain. @default none */
export type Data<Service extends string = string> = Readonly<Record<string, DataDomain<Service>>>;

/**
 * A domain of data: `dataDomain('card-data', workload('payments'))`. The stores themselves are the engine's; what
 * protects each says for which of these workloads.
 */
export function dataDomain<const Service extends string>(
  label: string,
  // A store sees no user: `onBehalfOf` says nothing here.
  ...principals: readonly (EgressPrincipal<Service> & { readonly forUser?: undefined })[]
): DataDomain<Service> {
  return { label, principals };
}
