import { operationOf } from '../operation.js';
import {
  type AccessRule,
  endOf,
  type Policy,
  type PolicyCondition,
  type PolicyPrincipal,
  type ServicePolicy,
} from '../policy.js';
import type { Point } from '../request.js';
import type { Method, Operation } from '../../model/access.js';
import { speaksWithoutToken } from './istio/index.js';
import type {
  Abilities,
  Ability,
  DatedFeature,
  OperationFeature,
  PrincipalFeature,
} from './abilities/index.js';

/** Something that a rule says and a target cannot. */
export interface Gap {
  readonly service: string;
  readonly rule: AccessRule;
  /** The feature as the abilities name it, or the limit. */
  readonly feature: string;
  readonly why: string;
  /** Those of its operations that the target cannot say; all of them if it is something else. */
  readonly operations: readonly Operation[];
  /** The kinds of points that it matters at. */
  readonly points: readonly Point['kind'][];
  /** What the target would enforce in place of the rule; nothing if it would have to leave it out. */
  readonly coarse?: AccessRule;
  /** The target would refuse every token that comes to the service. @default it reads them as the reference does */
  readonly refusesTokens?: true;
}

/** Every gap between a policy and a target, in the order of the policy. */
export function gapsOf(abilities: Abilities, policy: Policy): Gap[] {
  const refused = refusedBy(abilities);
  return Object.entries(policy.services).flatMap(([service, { rules, ...own }]) => {
    // A gateway knows no other services, so nothing of theirs is decided there.
    if (!own.public && !abilities.points.includes('sidecar')) return [];
    return rules
      .filter((rule) => comesHere(abilities, rule))
      .flatMap((rule) =>
        [
          ...operationGaps(abilities, refused, rule),
          ...principalGaps(refused, rule),
          ...conditionGaps(refused, rule),
          ...dateGaps(abilities, rule),
          ...tokenGaps(abilities, own.audiences, rule),
          ...limitGaps(abilities, policy, service, rule),
        ].flatMap(({ only, ...gap }) => {
          const points = pointsOf(abilities, policy, service, rule).filter((kind) => (only ?? kind) === kind);
          return points.length === 0 ? [] : [{ service, rule, points, ...gap }];
        }),
      );
  });
}

/** Where a rule is compiled for: a gateway knows its own services only, and no workload is one of its peers. */
function pointsOf({ points }: Abilities, policy: Policy, service: string, rule: AccessRule): Point['kind'][] {
  const fromOutside =
    policy.services[service]!.public && rule.principals.some(({ kind }) => kind !== 'workload');
  return points.filter((kind) => kind === 'sidecar' || fromOutside);
}

/** Whether anybody of whom the rule speaks comes to the target at all. */
function comesHere({ principals }: Abilities, rule: AccessRule): boolean {
  return rule.principals.some((principal) => principals[featureOf(principal)].how !== 'elsewhere');
}

type Found = Omit<Gap, 'service' | 'rule' | 'points'> & Pick<Ability, 'only'>;

function operationGaps({ operations }: Abilities, refused: Refused, rule: AccessRule): Found[] {
  return refused.operations.flatMap(([feature, why]) => {
    const wrong = rule.operations.filter((operation) => has(operation, feature));
    if (wrong.length === 0) return [];
    const left = rule.operations.flatMap((operation) => {
      if (!wrong.includes(operation)) return [operation];
      // The nearest that can be said is everything below what comes before the parameter.
      return feature === '{name}' && operations['/**'].how !== 'refused' ? [widened(operation)] : [];
    });
    return [{ feature, why, operations: wrong, ...coarse({ ...rule, operations: left }) }];
  });
}

function principalGaps({ principals }: Refused, rule: AccessRule): Found[] {
  return principals.flatMap(([feature, why]) => {
    const left = rule.principals.filter((principal) => featureOf(principal) !== feature);
    if (left.length === rule.principals.length) return [];
    return [{ feature, why, operations: rule.operations, ...coarse({ ...rule, principals: left }) }];
  });
}

function conditionGaps({ conditions }: Refused, rule: AccessRule): Found[] {
  return conditions.flatMap(([feature, why, only]) => {
    const left = rule.conditions.filter(({ kind }) => kind !== feature);
    if (left.length === rule.conditions.length) return [];
    return [{ feature, why, ...only, operations: rule.operations, coarse: { ...rule, conditions: left } }];
  });
}

function dateGaps({ dated }: Abilities, rule: AccessRule): Found[] {
  const { auditUntil, ...enforced } = rule;
  const { until: _, ...lasting } = rule;
  const said: readonly [DatedFeature, coarse: AccessRule, isSaid: boolean][] = [
    ['audit until', enforced, auditUntil !== undefined],
    ['allow until', lasting, endOf(rule) !== undefined],
  ];
  return said.flatMap(([feature, coarse, isSaid]) => {
    const { how, note: why = '' } = dated[feature];
    return isSaid && how === 'refused' ? [{ feature, why, operations: rule.operations, coarse }] : [];
  });
}

/** Whoever may come without a token may bring one, too, and it is good or bad. */
function tokenGaps(
  { outcomes }: Abilities,
  audiences: ServicePolicy['audiences'],
  rule: AccessRule,
): Found[] {
  const { how, note = '' } = outcomes.invalidToken;
  const takesTokens = () => Object.values(audiences).some((accepted) => accepted.length > 0);
  if (how !== 'refused' || rule.effect === 'deny' || !speaksWithoutToken(rule) || !takesTokens()) return [];
  const { operations } = rule;
  return [{ feature: 'invalidToken', why: note, operations, coarse: rule, refusesTokens: true }];
}

function limitGaps({ limits }: Abilities, policy: Policy, service: string, rule: AccessRule): Found[] {
  return limits.flatMap(({ what, most, unit, source, measure }) => {
    if (!measure) return [];
    const sizes = rule.operations.flatMap((operation) =>
      rule.principals.map((principal) => ({
        operation,
        size: measure(policy, service, { ...rule, operations: [operation], principals: [principal] }),
      })),
    );
    const over = sizes.filter(({ size }) => size > most);
    if (over.length === 0) return [];
    const wrong = new Set(over.map(({ operation }) => operation));
    const largest = Math.max(...over.map(({ size }) => size));
    const left = rule.operations.filter((operation) => !wrong.has(operation));
    const why = `${[...wrong].join(', ')} takes ${largest} ${unit}, and a ${what} at most ${most} (${source})`;
    return [{ feature: what, why, operations: [...wrong], ...coarse({ ...rule, operations: left }) }];
  });
}

type RefusedFeature<Feature> = readonly [feature: Feature, why: string, only: Pick<Ability, 'only'>];

/** What a target cannot say, whichever rule says it. */
interface Refused {
  readonly operations: readonly RefusedFeature<OperationFeature>[];
  readonly principals: readonly RefusedFeature<PrincipalFeature>[];
  readonly conditions: readonly RefusedFeature<PolicyCondition['kind']>[];
}

function refusedBy({ operations, principals, conditions }: Abilities): Refused {
  return {
    operations: features(operations),
    principals: features(principals),
    conditions: features(conditions),
  };
}

function features<Feature extends string>(
  abilities: Readonly<Record<Feature, Ability>>,
): RefusedFeature<Feature>[] {
  return (Object.entries(abilities) as [Feature, Ability][]).flatMap(([feature, { how, note = '', only }]) =>
    how === 'refused' ? [[feature, note, only === undefined ? {} : { only }]] : [],
  );
}

function has(operation: Operation, feature: OperationFeature): boolean {
  if (operation.startsWith('rpc ')) return feature === 'rpc';
  if (operation === 'tcp') return feature === 'tcp';
  const { segments, rest } = operationOf(operation);
  if (feature === '/**') return rest;
  return feature === '{name}' && segments.includes(undefined);
}

function featureOf(principal: PolicyPrincipal): PrincipalFeature {
  return principal.kind === 'workload' && principal.forUser ? 'workload with forUser' : principal.kind;
}

function widened(operation: Operation): Operation {
  const { method, segments } = operationOf(operation);
  const before = segments.slice(0, segments.indexOf(undefined));
  return `${method as Method} /${[...before, '**'].join('/')}`;
}

/** A rule that speaks of no operation or nobody is none. */
function coarse(rule: AccessRule): { coarse?: AccessRule } {
  return rule.operations.length === 0 || rule.principals.length === 0 ? {} : { coarse: rule };
}
