import { type Diagnostic, InvalidModelError } from '../diagnostic.js';
import { notOnThisEngine } from '../model/not-supported.js';
import { parseModel } from '../model/parse.js';
import type { ZeroTrustModel } from '../model/platform.js';
import type { Engine } from '../model/service.js';
import type { AccessRule, Policy } from '../policy/policy.js';
import { MAX_REVOCATIONS } from '../policy/compile/abilities/index.js';
import { NO_REVOCATIONS } from '../policy/revocation.js';
import { runChecks } from '../rules/index.js';
import { certificateProfiles, connectionLimits, defaultLeafLifetime } from './certificates.js';
import { dataNodes } from './data.js';
import { egressNode } from './egress.js';
import { issuerNodes } from './issuers.js';
import { canonicalJson, frozenInOrder, sortedKeys } from './json.js';
import { type Fitted, fit } from './fit.js';
import { clientEndsAt, GATEWAY, namespaceOf, spiffeId, trustDomainOf } from './names.js';
import { type Plan, PLAN_VERSION } from './plan.js';
import { policyOf } from './policy.js';

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
  const policy = policyOf(model, trustDomainOf(model, engine));
  const diagnostics = [
    ...parsed.diagnostics,
    ...notOnThisEngine(model, engine),
    ...runChecks(model, engine, now, policy),
  ];
  if (diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics };
  const fitted = fit(model, engine, now, policy);
  const all = [...diagnostics, ...fitted.diagnostics];
  if (fitted.diagnostics.some(({ severity }) => severity === 'error')) return { diagnostics: all };
  return { plan: planOf(model, engine, fitted, all), diagnostics: all };
}

/** The bytes of a plan: equal plans are equal files. */
export function planText(plan: Plan): string {
  return `${canonicalJson(plan, 2)}\n`;
}

function planOf(
  model: ZeroTrustModel,
  engine: Engine,
  { policy, services, enforcement }: Fitted,
  diagnostics: readonly Diagnostic[],
): Plan {
  const trustDomain = trustDomainOf(model, engine);
  const egress = egressNode(model, trustDomain);
  const data = dataNodes(model);
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
    services,
    ...(egress && { egress }),
    issuers: issuerNodes(model, engine),
    ...(data && { data }),
    policy,
    proofCheckedAt: Object.fromEntries(
      CLIENT_PROOFS.flatMap((kind) => proofs(policy, kind)).map(({ service, rule }) => [
        rule.id,
        clientEndsAt(engine, services[service]),
      ]),
    ),
    ...(Object.keys(enforcement.delegations).length > 0 && { delegations: enforcement.delegations }),
    ways: enforcement.ways,
    certificates: certificateProfiles(leafLifetime),
    connections: connectionLimits(leafLifetime),
    firewall: {
      maxConnections: model.firewall?.maxConnections ?? 10_000,
      maxBodyBytes: model.firewall?.maxBodyBytes ?? 1_048_576,
      requestTimeoutSeconds: model.firewall?.requestTimeoutSeconds ?? 30,
    },
    decisionLog: { version: 1, decisions: model.observe?.decisions ?? 'all' },
    revocation: { maxEntries: MAX_REVOCATIONS, withinSeconds: 60, document: NO_REVOCATIONS },
    optOuts: model.optOuts ?? [],
    diagnostics,
  };
  return frozenInOrder(plan);
}

/** The conditions on a client's own connection or proof. */
const CLIENT_PROOFS = ['senderConstrained', 'dpop', 'sourceNetwork'] as const;

/** Rules with a condition on a client's own connection, and their services; a workload's own ends at the sidecar. */
function proofs(
  { services }: Policy,
  kind: (typeof CLIENT_PROOFS)[number],
): { readonly service: string; readonly rule: AccessRule }[] {
  return Object.entries(services).flatMap(([service, { protocol, rules }]) => {
    // No client comes there.
    if (protocol === 'tcp') return [];
    const own = rules.filter(
      ({ conditions, principals }) =>
        conditions.some((condition) => condition.kind === kind) &&
        principals.some((principal) => principal.kind !== 'workload'),
    );
    return own.map((rule) => ({ service, rule }));
  });
}
