import { type Diagnostic, InvalidModelError } from '../diagnostic.js';
import { ruleOf } from '../model/access.js';
import { parseModel } from '../model/parse.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { Engine } from '../model/service.js';
import { ABILITIES } from '../policy/compile/abilities/index.js';
import { refusalDiagnostic, refusals } from '../policy/compile/refusal.js';
import type { AccessRule, Policy } from '../policy/policy.js';
import { NO_REVOCATIONS } from '../policy/revocation.js';
import { runChecks } from '../rules/index.js';
import { certificateProfiles, connectionLimits, defaultLeafLifetime } from './certificates.js';
import { issuerNodes } from './issuers.js';
import { canonicalJson, deepFreeze, sortedKeys } from './json.js';
import { audienceOf, clientEndsAt, GATEWAY, namespaceOf, spiffeId, trustDomainOf } from './names.js';
import { type Plan, PLAN_VERSION, type ServiceNode } from './plan.js';
import { policyOf, ruleId } from './policy.js';

export interface ResolveOptions {
  /** The engine whose part of the platform is wanted. @default 'local' */
  readonly engine?: Engine;
  /** The instant by which opt-outs have ended or not. @default now */
  readonly now?: Date;
}

export interface Resolution {
  /** Absent if any diagnostic is an error. */
  readonly plan?: Plan;
  /** Every finding, by path. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Turn a model into its plan. Throws `InvalidModelError` with every finding if it has an error. */
export function resolve(model: unknown, options: ResolveOptions = {}): Plan {
  const { plan, diagnostics } = tryResolve(model, options);
  if (!plan) throw new InvalidModelError(diagnostics);
  return plan;
}

/** The same without throwing: the plan if there is one, and every finding. */
export function tryResolve(input: unknown, options: ResolveOptions = {}): Resolution {
  const { engine = 'local', now = new Date() } = options;
  const parsed = parseModel(input);
  if (!parsed.model) return { diagnostics: parsed.diagnostics };
  // Some lists of a plan follow the keys of the model: equal models have equal plans.
  const model = sortedKeys(parsed.model);
  const diagnostics = [...parsed.diagnostics, ...runChecks(model, engine, now)];
  if (diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics };
  const plan = planOf(model, engine, diagnostics);
  const inexact = notExpressible(model, plan.policy);
  return inexact.length > 0 ? { diagnostics: [...diagnostics, ...inexact] } : { plan, diagnostics };
}

/** What the points of every engine, which are Envoys, could not enforce exactly as it is said. */
function notExpressible(model: ZeroTrustModel, policy: Policy): Diagnostic[] {
  const refused = refusals(ABILITIES.envoy, policy);
  if (refused.length === 0) return [];
  const ids = (model.access ?? []).map((rule) => ruleId(ruleOf(rule)));
  return refused.map((refusal) => refusalDiagnostic(refusal, `access[${ids.indexOf(refusal.rule.id)}]`));
}

/** The bytes of a plan: equal plans are equal files. */
export function planText(plan: Plan): string {
  return `${canonicalJson(plan, 2)}\n`;
}

function planOf(model: ZeroTrustModel, engine: Engine, diagnostics: readonly Diagnostic[]): Plan {
  const trustDomain = trustDomainOf(model, engine);
  const policy = policyOf(model, trustDomain);
  const leafLifetime = model.authority?.leafLifetimeSeconds ?? defaultLeafLifetime(engine);
  const plan: Plan = {
    version: PLAN_VERSION,
    engine,
    environment: model.environment,
    trustDomain,
    namespace: namespaceOf(model),
    gateway: {
      key: 'gateway',
      spiffeId: spiffeId(trustDomain, namespaceOf(model), GATEWAY),
      services: Object.keys(model.services).filter((name) => model.services[name]!.host !== undefined),
      asksClientCertificate: proofs(policy, 'senderConstrained').length > 0,
    },
    services: services(model, policy),
    issuers: issuerNodes(model),
    policy,
    proofCheckedAt: Object.fromEntries(
      [...proofs(policy, 'senderConstrained'), ...proofs(policy, 'sourceNetwork')].map((rule) => [
        rule.id,
        clientEndsAt(engine),
      ]),
    ),
    certificates: certificateProfiles(leafLifetime),
    connections: connectionLimits(leafLifetime),
    firewall: {
      maxConnections: model.firewall?.maxConnections ?? 10_000,
      maxBodyBytes: model.firewall?.maxBodyBytes ?? 1_048_576,
      requestTimeoutSeconds: model.firewall?.requestTimeoutSeconds ?? 30,
    },
    decisionLog: { version: 1, decisions: model.observe?.decisions ?? 'all' },
    revocation: { maxEntries: 1000, withinSeconds: 60, document: NO_REVOCATIONS },
    optOuts: model.optOuts ?? [],
    diagnostics,
  };
  return deepFreeze(JSON.parse(canonicalJson(plan)) as Plan);
}

function services(model: ZeroTrustModel, policy: Policy): Record<string, ServiceNode> {
  const upstreams = upstreamsByCaller(model);
  return Object.fromEntries(
    Object.entries(policy.services).map(([name, service]) => {
      const declared = model.services[name]!;
      const key = `services/${name}`;
      const node: ServiceNode = {
        key,
        name,
        protocol: service.protocol,
        authority: service.authority,
        public: declared.host !== undefined,
        audience: audienceOf(model, name),
        requestsPerSecond: declared.requestsPerSecond ?? 1000,
        sidecar: {
          key: `${key}/sidecar`,
          spiffeId: service.spiffeId,
          upstreams: [...(upstreams.get(name) ?? [])].sort(),
        },
      };
      return [name, node];
    }),
  );
}

/** Whom each workload may call at all: by some allow rule, in audit or not. */
function upstreamsByCaller(model: ZeroTrustModel): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const rule of (model.access ?? []).map(ruleOf)) {
    if (rule.effect !== 'allow') continue;
    for (const principal of rule.principals) {
      if (principal.kind !== 'workload') continue;
      found.set(principal.service, (found.get(principal.service) ?? new Set()).add(rule.service));
    }
  }
  return found;
}

/** Rules with a condition on a client's own connection; a workload's own ends at the sidecar. */
function proofs(policy: Policy, kind: 'senderConstrained' | 'sourceNetwork'): AccessRule[] {
  const rules = Object.values(policy.services).flatMap((service) => service.rules);
  return rules.filter(
    (rule) =>
      rule.conditions.some((condition) => condition.kind === kind) &&
      rule.principals.some((principal) => principal.kind !== 'workload'),
  );
}
