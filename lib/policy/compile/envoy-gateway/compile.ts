import { DECIDING_RULE } from '../../../point/decision-headers.js';
import type { AccessRule, Policy } from '../../policy.js';
import { NO_REVOCATIONS, type RevocationDocument } from '../../revocation.js';
import { hasDate } from '../istio/delegation.js';
import { operation } from './operation.js';
import type { EnvoyGatewayPolicy, EnvoyGatewayRule } from './rule.js';

export interface EnvoyGatewayOptions {
  /** Whether a decision service is asked. Without one nothing with a token passes. */
  readonly asksDecisions: boolean;
  /** @default nothing is revoked */
  readonly revocations?: RevocationDocument;
}

/** Only the decision service's answer sets it: a client's own is dropped before. */
const IS_ADMITTED = `'${DECIDING_RULE}' in request.headers`;
const CARRIES_NONE = "!('authorization' in request.headers)";

/**
 * The policy of every public service at a gateway of Envoy Gateway, which has one place to ask and no way to ask about some
 * requests only. With a decision service it is asked about all, and the one rule is that it has admitted; without one
 * Envoy Gateway decides by itself who carries no token. Exact behind the canonical filter.
 */
export function compileEnvoyGateway(policy: Policy, options: EnvoyGatewayOptions): EnvoyGatewayPolicy {
  const { asksDecisions, revocations = NO_REVOCATIONS } = options;
  if (asksDecisions) {
    return { asksDecisions, rules: [{ name: 'admitted', action: 'Allow', cel: IS_ADMITTED }] };
  }
  // What is closed or withdrawn for some time opens nothing by itself: there is no clock here.
  const withdrawn = new Set(
    revocations.entries.map((entry) =>
      entry.kind === 'rule'
        ? `rule ${entry.rule}`
        : entry.kind === 'service'
          ? `service ${entry.service}`
          : '',
    ),
  );
  const open = Object.entries(policy.services).filter(
    ([name, own]) => own.public && !withdrawn.has(`service ${name}`),
  );
  const rules = open.flatMap(([, { authority, rules: own }]) =>
    own.filter(isForAnyone).flatMap((rule) => {
      if (rule.effect === 'allow' && withdrawn.has(`rule ${rule.id}`)) return [];
      return rulesOf(rule, authority);
    }),
  );
  // The first that fits decides, and deny wins.
  return {
    asksDecisions,
    rules: (['Deny', 'Allow'] as const).flatMap((action) => rules.filter((rule) => rule.action === action)),
  };
}

/** Of all that is said of others nothing holds for whoever carries no token and is no workload. */
function isForAnyone(rule: AccessRule): boolean {
  const { effect, principals, conditions } = rule;
  const isNamed = principals.some(({ kind }) => kind === 'anyone');
  return !hasDate(rule) && isNamed && (effect === 'deny' || conditions.length === 0);
}

function rulesOf({ id, effect, operations }: AccessRule, authority: string): EnvoyGatewayRule[] {
  const host = authority.replaceAll('.', '\\\\.');
  return operations.map((written, at) => ({
    name: `${id}-${at}`,
    action: effect === 'allow' ? 'Allow' : 'Deny',
    operation: operation(written),
    cel: `request.host.matches('(?i)^${host}(:[0-9]*)?$') && ${CARRIES_NONE}`,
  }));
}
