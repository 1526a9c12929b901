import { networksOf } from '../../condition.js';
import { operationOf } from '../../operation.js';
import {
  type AccessRule,
  type ClaimTest,
  endOf,
  isStrength,
  type Policy,
  type PolicyCondition,
  type PolicyPrincipal,
} from '../../policy.js';
import { all, any, type Expression, text } from './expression.js';
import { claimKey, NAMESPACE, segmentKey } from './names.js';

const HAS_TOKEN = 'principal has token';
const THROUGH_GATEWAY = 'principal.throughGateway';

/** The request is one of the operations. */
export function covered(operations: readonly string[]): Expression {
  return any(
    operations.map((operation) => {
      const { method, segments, rest } = operationOf(operation);
      const at = (place: number) => `context.path.${segmentKey(place)}`;
      return all([
        `context.method == ${text(method)}`,
        ...segments.map((segment, place) =>
          segment === undefined ? `${at(place)} != ""` : `${at(place)} == ${text(segment)}`,
        ),
        rest ? true : `${at(segments.length)} == ""`,
      ]);
    }),
  );
}

/** The caller is one that a rule of this effect speaks about. */
export function spokenFor(principals: readonly PolicyPrincipal[], effect: AccessRule['effect']): Expression {
  return any(principals.map((principal) => (effect === 'allow' ? admitted(principal) : denied(principal))));
}

/** The caller has no token, and is one that an allow would take a token from. */
export function challenged(principals: readonly PolicyPrincipal[]): Expression {
  return any(
    principals.map((principal) => {
      if (principal.kind === 'token') return THROUGH_GATEWAY;
      return principal.kind === 'workload' && principal.forUser ? peerIs(principal.spiffeId) : false;
    }),
  );
}

/** All conditions hold; asked about `stepUp`, those that stronger authentication can meet do. */
export function established(policy: Policy, conditions: readonly PolicyCondition[]): Expression {
  return all(
    conditions.map((condition) => {
      const held = holds(policy, condition);
      return isStrength(condition) ? any([`action == ${NAMESPACE}::Action::"stepUp"`, held]) : held;
    }),
  );
}

/** The rule is enforced, and the allow neither over nor withdrawn. */
export function inForce(rule: AccessRule): Expression {
  const { effect, id, auditUntil } = rule;
  const end = endOf(rule);
  return all([
    auditUntil === undefined ? true : `context.now >= ${auditUntil}`,
    end === undefined ? true : `context.now < ${end}`,
    effect === 'deny' ? true : `!context.withdrawn.contains(${text(id)})`,
  ]);
}

function admitted(principal: PolicyPrincipal): Expression {
  switch (principal.kind) {
    case 'anyone':
      return THROUGH_GATEWAY;
    case 'token':
      return all([THROUGH_GATEWAY, carries(principal)]);
    case 'workload':
      return all([peerIs(principal.spiffeId), principal.forUser ? carries(principal.forUser) : true]);
  }
}

function denied(principal: PolicyPrincipal): Expression {
  switch (principal.kind) {
    case 'anyone':
      return true;
    case 'token':
      return carries(principal);
    case 'workload':
      return peerIs(principal.spiffeId);
  }
}

function peerIs(spiffeId: string): Expression {
  return all(['principal has peer', `principal.peer == ${text(spiffeId)}`]);
}

function carries({ issuer, claims }: { issuer: string; claims: readonly ClaimTest[] }): Expression {
  return all([HAS_TOKEN, `principal.token.issuer == ${text(issuer)}`, ...claims.map(passes)]);
}

/** The claim of a token that is there passes. */
function passes({ claim, test, value }: ClaimTest): Expression {
  const key = text(claimKey(claim));
  if (test === 'equals') {
    return all([
      `principal.token.values has ${key}`,
      `principal.token.values[${key}] == ${text(String(value))}`,
    ]);
  }
  // No string of a claim is empty, and where there is none there is no attribute.
  const has = `principal.token.texts has ${key}`;
  const contains = `principal.token.texts[${key}].contains(${text(value)})`;
  if (test === 'contains') return value === '' ? false : all([has, contains]);
  return value === '' ? has : all([has, `!${contains}`]);
}

function holds(policy: Policy, condition: PolicyCondition): Expression {
  switch (condition.kind) {
    case 'multiFactor':
    case 'compliantDevice': {
      const kind = condition.kind === 'multiFactor' ? 'multiFactor' : 'device';
      const able = Object.entries(policy.issuers).flatMap(([issuer, { [kind]: test }]) =>
        test ? [carries({ issuer, claims: [test] })] : [],
      );
      return any(able);
    }
    case 'claim':
      return all([HAS_TOKEN, passes(condition.test)]);
    case 'signedInWithin':
      return all([
        HAS_TOKEN,
        'principal.token has signInAge',
        `principal.token.signInAge <= ${condition.seconds}`,
      ]);
    case 'senderConstrained':
      return 'context.bound';
    case 'dpop':
      return 'context.proved';
    case 'sourceNetwork': {
      const ranges = networksOf(condition.ranges).map(
        ([network, bits]) => `context.source.isInRange(ip(${text(`${network.toString()}/${bits}`)}))`,
      );
      return any(['context.sourceJudged', all(['context has source', any(ranges)])]);
    }
  }
}
