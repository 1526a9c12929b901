import { hash } from 'node:crypto';
import type { Rule } from '../model/access.js';
import { ruleOf } from '../model/access.js';
import type { Condition } from '../model/condition.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { Principal, UserSelector } from '../model/principal.js';
import type { Service } from '../model/service.js';
import { asksForProofs } from '../policy/index-rules.js';
import { operationOf } from '../policy/operation.js';
import type {
  AccessRule,
  ClaimTest,
  CorsPolicy,
  Policy,
  PolicyCondition,
  PolicyPrincipal,
} from '../policy/policy.js';
import {
  audiencesFor,
  claimPath,
  groupsPath,
  issuersOf,
  scopeClaim,
  tokenProviders,
  valueTest,
} from './issuers.js';
import { canonicalJson } from './json.js';
import { authorityOf, GATEWAY, pipelineIssuerKey, spiffeId } from './names.js';

/** The policy of a model that has been checked. */
export function policyOf(model: ZeroTrustModel, trustDomain: string): Policy {
  const namespace = model.authority?.namespace ?? 'default';
  const idOf = (service: string) => spiffeId(trustDomain, namespace, service);
  const rules = Map.groupBy((model.access ?? []).map(ruleOf), (rule) => rule.service);
  const services: Policy['services'] = Object.fromEntries(
    Object.entries(model.services).map(([name, service]) => {
      const own = rules.get(name) ?? [];
      return [
        name,
        {
          protocol: service.protocol,
          authority: authorityOf(model, name),
          public: service.host !== undefined,
          spiffeId: idOf(name),
          audiences: audiencesFor(model, name),
          ...(service.login && { login: true }),
          ...(service.cors && { cors: corsOf(service.cors, own) }),
          rules: own.map((rule) => accessRule(model, rule, idOf)).sort(byId),
        },
      ];
    }),
  );
  return {
    gateways: [idOf(GATEWAY)],
    issuers: issuersOf(model),
    services,
    ...(asksForProofs({ services }) && { dpop: true }),
  };
}

/** The id of a rule: its name, or its service and a hash of what it says, so that moving it changes nothing. */
export function ruleId(rule: Rule): string {
  if (rule.name !== undefined) return rule.name;
  return `${rule.service}.${hash('sha256', canonicalJson(rule)).slice(0, 8)}`;
}

function accessRule(model: ZeroTrustModel, rule: Rule, idOf: (service: string) => string): AccessRule {
  const conditions = rule.effect === 'allow' ? rule.when : rule.unless;
  return {
    id: ruleId(rule),
    effect: rule.effect,
    principals: rule.principals.flatMap((principal) => policyPrincipals(model, principal, idOf)),
    operations: rule.operations,
    conditions: (conditions ?? []).map(policyCondition),
    ...(rule.audit && { auditUntil: secondsOf(rule.audit.until) }),
    ...(rule.effect === 'allow' && rule.until !== undefined && { until: secondsOf(rule.until) }),
  };
}

/** Whole seconds, as points compare them: an audit or an allow never lasts longer than it says. */
export function secondsOf(instant: string): number {
  return Math.floor(Date.parse(instant) / 1000);
}

/** One principal of the model as principals of one issuer each. */
function policyPrincipals(
  model: ZeroTrustModel,
  principal: Principal,
  idOf: (service: string) => string,
): PolicyPrincipal[] {
  switch (principal.kind) {
    case 'anyone':
      return [{ kind: 'anyone' }];
    case 'user':
      return tokensOf(model, principal).map((token) => ({ kind: 'token', ...token }));
    case 'pipeline': {
      const pipeline = model.identity!.pipelines![principal.pipeline]!;
      const claims = Object.entries(pipeline.claims).map(([name, value]) => valueTest([name], value));
      return [{ kind: 'token', issuer: pipelineIssuerKey(pipeline.issuer), claims }];
    }
    case 'workload': {
      const workload = { kind: 'workload', spiffeId: idOf(principal.service) } as const;
      if (!principal.forUser) return [workload];
      return tokensOf(model, principal.forUser).map((forUser) => ({ ...workload, forUser }));
    }
  }
}

function tokensOf(model: ZeroTrustModel, user: UserSelector): { issuer: string; claims: ClaimTest[] }[] {
  return tokenProviders(model)
    .filter(([name]) => user.issuer === undefined || user.issuer === name)
    .map(([issuer, provider]) => ({
      issuer,
      claims: [
        ...(user.groups ?? []).map((group) => valueTest(groupsPath(provider), group)),
        ...(user.scopes ?? []).map((scope) => valueTest([scopeClaim(provider)], scope)),
        ...Object.entries(user.claims ?? {}).map(([name, value]) => valueTest([name], value)),
      ],
    }));
}

function policyCondition(condition: Condition): PolicyCondition {
  if (condition.kind === 'senderConstrained') {
    return { kind: condition.by === 'dpop' ? 'dpop' : 'senderConstrained' };
  }
  if (condition.kind !== 'claim') return condition;
  const claim = claimPath(condition.claim);
  return {
    kind: 'claim',
    test:
      condition.test === 'equals'
        ? valueTest(claim, condition.value)
        : { claim, test: 'presentAndNot', value: String(condition.value) },
  };
}

function corsOf(cors: NonNullable<Service['cors']>, rules: readonly Rule[]): CorsPolicy {
  const used = new Set(rules.flatMap((rule) => rule.operations.map((item) => operationOf(item).method)));
  return {
    origins: cors.origins,
    methods: cors.methods ?? [...used].sort(),
    headers: cors.headers ?? ['authorization', 'content-type'],
    maxAge: cors.maxAge ?? 600,
  };
}

function byId(a: AccessRule, b: AccessRule): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
