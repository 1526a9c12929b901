import type { Ambient } from './translation.js';

/** Istio's `security.Authorization`, as far as our policies use it. */
export interface ZtunnelPolicy {
  readonly namespace: string;
  readonly scope?: 'GLOBAL' | 'NAMESPACE' | 'WORKLOAD_SELECTOR';
  readonly action?: 'ALLOW' | 'DENY';
  /** One of them is enough. */
  readonly groups?: readonly { readonly rules?: readonly { readonly matches?: readonly Match[] }[] }[];
}

interface Match {
  readonly destinationPorts?: readonly number[];
  readonly principals?: readonly TextMatch[];
  readonly notPrincipals?: readonly TextMatch[];
}

interface TextMatch {
  readonly exact?: string;
  readonly presence?: object;
}

/** A pod or a Service. */
export interface ZtunnelAddress {
  readonly workload?: {
    readonly namespace: string;
    readonly name: string;
    readonly authorizationPolicies?: readonly string[];
  };
  readonly service?: { readonly hostname: string; readonly waypoint?: object };
  /** Of a Service: its waypoint is an ingress gateway's, too. */
  readonly ingressUseWaypoint?: boolean;
}

const KNOWN = new Set(['destinationPorts', 'principals', 'notPrincipals']);

/**
 * Whether ztunnel lets a connection to a pod: some ALLOW that is for the pod holds and no DENY does (Istio's
 * `security.proto`). It is told by istiod itself; what it makes of it is read here, as no ztunnel runs.
 * @param peer the SPIFFE ID of the caller's certificate; absent for clear text
 */
export function ztunnelConnects(
  { policies, addresses }: Ambient,
  pod: string,
  peer: string | undefined,
  port: number,
): boolean {
  const workload = addresses[pod]?.find((one) => one.workload)?.workload;
  if (!workload) throw new Error(`istiod tells ztunnel of no pod ${pod}`);
  const own = Object.entries(policies)
    .filter(([name, { scope = 'GLOBAL', namespace }]) =>
      scope === 'WORKLOAD_SELECTOR'
        ? workload.authorizationPolicies?.includes(name)
        : scope === 'GLOBAL' || namespace === workload.namespace,
    )
    .map(([, policy]) => policy);
  const holds = ({ groups = [] }: ZtunnelPolicy) =>
    groups.some(({ rules = [] }) =>
      rules.every(({ matches = [] }) => matches.some((match) => isMatch(match, peer, port))),
    );
  const of = (wanted: string) => own.filter(({ action = 'ALLOW' }) => action === wanted);
  if (of('DENY').some(holds)) return false;
  return of('ALLOW').length === 0 || of('ALLOW').some(holds);
}

/** Every field that is there holds. */
function isMatch(match: Match, peer: string | undefined, port: number): boolean {
  const unknown = Object.keys(match).find((key) => !KNOWN.has(key));
  if (unknown !== undefined) throw new Error(`nothing here reads ${unknown} of a policy`);
  const { destinationPorts, principals, notPrincipals } = match;
  const principal = peer?.slice('spiffe://'.length);
  const isText = ({ exact }: TextMatch) => principal !== undefined && (exact ?? principal) === principal;
  return (
    (!destinationPorts || destinationPorts.includes(port)) &&
    (!principals || principals.some(isText)) &&
    (!notPrincipals || !notPrincipals.some(isText))
  );
}
