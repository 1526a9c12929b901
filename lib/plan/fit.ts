import type { Diagnostic } from '../diagnostic.js';
import { ruleOf } from '../model/access.js';
import { elementPath } from '../model/element-path.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { Engine } from '../model/service.js';
import { type Abilities, ABILITIES, ENVOY_BEHIND_EDGE } from '../policy/compile/abilities/index.js';
import { type Gap, gapsOf } from '../policy/compile/gap.js';
import { NOT_EXPRESSIBLE, refusalDiagnostic, refusalOf } from '../policy/compile/refusal.js';
import { asksForProofs } from '../policy/index-rules.js';
import type { AccessRule, Policy, ServicePolicy } from '../policy/policy.js';
import { applyOptOuts } from '../rules/support/opt-outs.js';
import { connectionLimits, defaultLeafLifetime } from './certificates.js';
import { type Conflict, type Enforcement, enforcementOf, unguardedWays } from './enforcement.js';
import { clientEndsAt, GATEWAY } from './names.js';
import type { ServiceNode } from './plan.js';
import { ruleId } from './policy.js';
import { serviceNodes } from './service-nodes.js';

/** A policy that the points of an engine can enforce, and how they do it. */
export interface Fitted {
  readonly policy: Policy;
  readonly services: Readonly<Record<string, ServiceNode>>;
  readonly enforcement: Enforcement;
  /** What nobody would enforce is an error; a condition that was given up by an opt-out is a warning. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Fit the policy of a model, as `policyOf` makes it, to what Envoys can be told: the rest is left to a decision service or to the
 * sidecar, where the model says so, or given up by an opt-out; else it is refused.
 */
export function fit(
  model: ZeroTrustModel,
  engine: Engine,
  now: Date,
  policy: Policy,
  abilities: Abilities = clientEndsAt(engine) === GATEWAY ? ABILITIES.envoy : ENVOY_BEHIND_EDGE,
): Fitted {
  const first = enforce(model, engine, policy, abilities);
  const { left, droppedGaps } = giveUp(model, policy, first.enforcement.open, abilities, now);
  const fitted =
    droppedGaps.length === 0 ? first : enforce(model, engine, without(policy, droppedGaps), abilities);
  const { conflicts, ways } = fitted.enforcement;
  return {
    ...fitted,
    diagnostics: [
      ...left,
      ...droppedGaps.map((gap) => dropped(model, gap)),
      ...conflicts.map((conflict) => conflicting(model, conflict)),
      ...notAtTheEdge(model, engine, fitted.policy),
      ...notSupported(model, engine),
      ...proofsNotJudged(model, engine, fitted.policy),
      ...unguardedWays(ways).map(
        ({ service, way }): Diagnostic => ({
          code: 'way-without-exact-point',
          severity: 'error',
          path: elementPath(['services', service]),
          message: `nobody decides exactly on the way from ${way.from} to ${service}`,
        }),
      ),
    ],
  };
}

function enforce(
  model: ZeroTrustModel,
  engine: Engine,
  policy: Policy,
  abilities: Abilities,
): Omit<Fitted, 'diagnostics'> {
  const leafLifetime = model.authority?.leafLifetimeSeconds ?? defaultLeafLifetime(engine);
  const services = serviceNodes(model, engine, policy, connectionLimits(leafLifetime));
  const places = Object.fromEntries(
    Object.entries(model.services).flatMap(([name, { decisionService }]) =>
      decisionService ? [[name, decisionService]] : [],
    ),
  );
  const gaps = gapsOf(abilities, policy);
  return { policy, services, enforcement: enforcementOf({ engine, services, policy, places, gaps }) };
}

/** What is refused, less the conditions that an opt-out gives up. */
function giveUp(
  model: ZeroTrustModel,
  policy: Policy,
  open: readonly Gap[],
  abilities: Abilities,
  now: Date,
): { left: Diagnostic[]; droppedGaps: Gap[] } {
  const found = open.map((gap) => {
    const at = pathOf(model, gap);
    const diagnostic = refusalDiagnostic(refusalOf(abilities, policy, gap), elementPath(at));
    const index = conditionAt(gap);
    if (index < 0) return { gap, diagnostic };
    const list = gap.rule.effect === 'allow' ? 'when' : 'unless';
    return { gap, condition: { ...diagnostic, path: elementPath([...at, list, index]) } };
  });
  const conditions = found.flatMap(({ condition }) => condition ?? []);
  // Only a condition can be given up: without an operation a rule would speak of something else.
  const check = { id: NOT_EXPRESSIBLE, severity: 'error', optOut: true, run: () => [] } as const;
  const stay = applyOptOuts(conditions, model.optOuts ?? [], [check], now, ({ rule }) => rule === check.id);
  return {
    left: [...found.flatMap(({ diagnostic }) => diagnostic ?? []), ...stay],
    droppedGaps: found.flatMap(({ gap, condition }) => (condition && !stay.includes(condition) ? gap : [])),
  };
}

function without(policy: Policy, gaps: readonly Gap[]): Policy {
  const services = Object.entries(policy.services).map(([name, service]) => {
    const rules = service.rules.map((rule): AccessRule => {
      const dropped = gaps.filter((gap) => gap.rule.id === rule.id).map(({ feature }) => feature);
      return { ...rule, conditions: rule.conditions.filter(({ kind }) => !dropped.includes(kind)) };
    });
    return [name, { ...service, rules }] as const;
  });
  const { dpop: _, ...rest } = policy;
  const fitted = { ...rest, services: Object.fromEntries<ServicePolicy>(services) };
  return asksForProofs(fitted) ? { ...fitted, dpop: true } : fitted;
}

function conditionAt({ rule, feature }: Gap): number {
  return rule.conditions.findIndex(({ kind }) => kind === feature);
}

function pathOf(model: ZeroTrustModel, { rule }: Pick<Gap, 'rule'>): ['access', number] {
  return ['access', (model.access ?? []).findIndex((one) => ruleId(ruleOf(one)) === rule.id)];
}

function dropped(model: ZeroTrustModel, gap: Gap): Diagnostic {
  const { id, effect } = gap.rule;
  const list = effect === 'allow' ? 'when' : 'unless';
  return {
    code: 'condition-dropped',
    severity: 'warning',
    path: elementPath([...pathOf(model, gap), list, conditionAt(gap)]),
    message: `the rule ${id} is enforced without ${gap.feature} at every point, by an opt-out`,
    remedy: `give ${gap.service} a decision service, and remove the opt-out`,
  };
}

function conflicting(model: ZeroTrustModel, { service, gap, rule }: Conflict): Diagnostic {
  return {
    code: 'proof-handed-on',
    severity: 'error',
    path: elementPath(pathOf(model, { rule })),
    message:
      `the rule ${rule.id} hangs on the client's own connection, which the gateway alone sees, ` +
      `and the gateway would hand its paths on because of the rule ${gap.rule.id}`,
    expected: 'a gateway that decides these paths exactly',
    remedy: `\`decisionService: 'everyPoint'\` of ${service}, or paths that the two rules do not share`,
  };
}

/** What rules say to clients and the authorizer, where their connections end, never gets to hear. Nobody else stands there. */
function notAtTheEdge(model: ZeroTrustModel, engine: Engine, policy: Policy): Diagnostic[] {
  if (clientEndsAt(engine) === GATEWAY) return [];
  return gapsOf(ABILITIES.authorizer, policy).map((gap) =>
    refusalDiagnostic(refusalOf(ABILITIES.authorizer, policy, gap), elementPath(pathOf(model, gap))),
  );
}

/** A token with a proof may come to any service of a gateway, so each has somebody there who judges proofs. */
function proofsNotJudged(model: ZeroTrustModel, engine: Engine, { dpop }: Policy): Diagnostic[] {
  if (dpop !== true) return [];
  return Object.entries(model.services).flatMap(([name, service]): Diagnostic[] =>
    service.host === undefined ||
    service.decisionService === 'everyPoint' ||
    clientEndsAt(engine, service) !== GATEWAY
      ? []
      : [
          {
            code: 'proof-not-judged',
            severity: 'error',
            path: elementPath(['services', name]),
            message: `a rule asks for DPoP proofs, and no filter of the gateway judges one that comes to ${name}`,
            expected: 'an authorizer or a decision service before it, for every service that clients reach',
            remedy:
              engine === 'aws'
                ? `lead clients to ${name} by a REST API: leave \`login\` and \`edge\` out`
                : `\`decisionService: 'everyPoint'\` of ${name}`,
          },
        ],
  );
}

/** Engines whose points run decision services. */
const WITH_DECISIONS: readonly Engine[] = ['local', 'aws'];

function notSupported(model: ZeroTrustModel, engine: Engine): Diagnostic[] {
  if (WITH_DECISIONS.includes(engine)) return [];
  return Object.entries(model.services).flatMap(([name, { decisionService }]): Diagnostic[] =>
    decisionService === undefined
      ? []
      : [
          {
            code: 'not-supported-yet',
            severity: 'error',
            path: elementPath(['services', name, 'decisionService']),
            message: `decision services on ${engine} are not supported yet`,
            remedy: 'leave it out until a release supports it',
          },
        ],
  );
}
