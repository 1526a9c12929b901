/** A rule of a SecurityPolicy's authorization (`gateway.envoyproxy.io/v1alpha1`). The first that fits decides. */
export interface EnvoyGatewayRule {
  readonly name: string;
  readonly action: 'Allow' | 'Deny';
  readonly operation?: EnvoyGatewayOperation;
  /** Must be true as well. An expression that fails is not. */
  readonly cel: string;
}

export interface EnvoyGatewayOperation {
  readonly methods: readonly string[];
  /** Of the path without its query. A prefix ends at a segment. */
  readonly path: { readonly type: 'Exact' | 'PathPrefix' | 'RegularExpression'; readonly value: string };
}

/** What one gateway is told. What no rule allows is refused. */
export interface EnvoyGatewayPolicy {
  /** The decision service is asked about every request that is canonical and no preflight, before the rules. */
  readonly asksDecisions: boolean;
  readonly rules: readonly EnvoyGatewayRule[];
}
