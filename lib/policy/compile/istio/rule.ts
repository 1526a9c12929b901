import type { NetworkCondition } from './delegation.js';

/** A rule of an AuthorizationPolicy (`security.istio.io/v1`): all three parts hold, and any entry of each is enough. */
export interface IstioRule {
  readonly from?: readonly { readonly source: IstioSource }[];
  readonly to?: readonly { readonly operation: IstioOperation }[];
  /** Unlike the others, each of these must hold. */
  readonly when?: readonly IstioCondition[];
}

/** Identities without `spiffe://`. Never `serviceAccounts` or `namespaces`, which match every trust domain (measured). */
export interface IstioSource {
  readonly principals?: readonly string[];
  readonly notPrincipals?: readonly string[];
}

export interface IstioOperation {
  readonly hosts?: readonly string[];
  readonly methods?: readonly string[];
  readonly paths?: readonly string[];
  /** Of the pod, as text. */
  readonly ports: readonly string[];
}

export interface IstioCondition {
  readonly key: string;
  readonly values?: readonly string[];
  readonly notValues?: readonly string[];
}

/** What one sidecar is told, in the order in which it asks. An empty list is no policy of that action. */
export interface IstioPolicies {
  /** What the decision service is asked about. */
  readonly custom: readonly IstioRule[];
  readonly deny: readonly IstioRule[];
  /** Nothing else passes: a policy for the namespace allows nothing. */
  readonly allow: readonly IstioRule[];
}

/** `spiffe://` is Istio's to add; what follows pins the trust domain. */
export function principalOf(spiffeId: string): string {
  return spiffeId.slice('spiffe://'.length);
}

/**
 * The address at the other end of the connection: sidecars of Istio believe a peer's `x-forwarded-for` in `remote.ip`. To
 * a waypoint the connection is the end of a tunnel, which has none; where the tunnel begins is its `remote.ip`, if its
 * connection manager is told to believe no header (`lib/kubernetes/canonical-filter.ts`).
 */
export type ConnectedFrom = 'source.ip' | 'remote.ip';

export function within({ ranges }: NetworkCondition, key: ConnectedFrom): IstioCondition {
  return { key, values: ranges };
}

export function outside({ ranges }: NetworkCondition, key: ConnectedFrom): IstioCondition {
  return { key, notValues: ranges };
}

export function rule(
  source: IstioSource | undefined,
  to: IstioRule['to'] & object,
  when: readonly IstioCondition[],
): IstioRule {
  return { ...(source && { from: [{ source }] }), to, ...(when.length > 0 && { when }) };
}
