import { resolve as resolvePath } from 'node:path';
import { authorizerFile, decisionData } from '../lambda/authorizer/data.js';
import { envoyFiles, pointKeys } from '../lib/envoy/index.js';
import { asksDecisions } from '../lib/plan/delegation.js';
import { canonicalJson } from '../lib/plan/json.js';
import type { Plan } from '../lib/plan/plan.js';
import { type RefValues, substitute, type Template } from '../lib/plan/refs.js';
import type { RevocationDocument } from '../lib/policy/revocation.js';
import { destinationVariables, upstreamVariables } from '../lib/point/url-variable.js';
import type { ApplicationSpec } from './application.js';
import { standInAddresses } from './destinations.js';
import type { EnvoyConfiguration } from './envoy.js';
import type { Overlay } from './overlay.js';
import type { DecisionRules } from './decision-process.js';
import type { IssuerEndpoint, Wiring } from './wiring.js';

/** What a platform is to be: everything rendered, so that whatever is wrong shows before anything changes. */
export interface Target {
  readonly plan: Plan;
  readonly overlay: Overlay;
  readonly overlayFolder: string;
  readonly revocations: RevocationDocument;
  /** By service. */
  readonly applications: ReadonlyMap<string, ApplicationSpec>;
  /** By the point's key. */
  readonly points: ReadonlyMap<string, EnvoyConfiguration>;
  /** What decides beside a point, by the point's key. */
  readonly decisions: ReadonlyMap<string, DecisionRules>;
}

type Parts = Pick<Target, 'plan' | 'overlay' | 'overlayFolder' | 'revocations'>;

/** Render everything. Throws `MissingRefError` where a value is missing. */
export function renderTarget(
  parts: Parts,
  values: RefValues,
  endpoints: Readonly<Record<string, IssuerEndpoint>>,
  wiring: Wiring,
): Target {
  const { plan, overlay, revocations } = parts;
  const profile = { standIns: standInAddresses(overlay) };
  const render = (template: Template) => `${canonicalJson(substitute(template, values))}\n`;
  const points = pointKeys(plan).map((key): [string, EnvoyConfiguration] => {
    const { bootstrap, routes } = envoyFiles(plan, key, revocations, profile);
    return [key, { bootstrap: render(bootstrap), routes: render(routes) }];
  });
  const applications = Object.keys(plan.services).map((name): [string, ApplicationSpec] => [
    name,
    applicationSpec(parts, name, wiring),
  ]);
  return {
    ...parts,
    points: new Map(points),
    decisions: decisionRules(parts, endpoints),
    applications: new Map(applications),
  };
}

function decisionRules(
  { plan, revocations }: Parts,
  endpoints: Readonly<Record<string, IssuerEndpoint>>,
): Map<string, DecisionRules> {
  const inForce = { ...plan, revocation: { ...plan.revocation, document: revocations } };
  const keys = Object.entries(endpoints).flatMap(([name, endpoint]) => {
    const { jwksUri } = plan.issuers[name] ?? {};
    return jwksUri === undefined ? [] : [{ jwksUri, ...endpoint }];
  });
  const points = pointKeys(plan).filter((point) => asksDecisions(plan, point));
  return new Map(
    points.map((point) => [point, { rules: authorizerFile(decisionData(inForce, point)), keys }]),
  );
}

function applicationSpec(
  { plan, overlay, overlayFolder }: Parts,
  name: string,
  wiring: Wiring,
): ApplicationSpec {
  const { run, directory, environment } = overlay.services?.[name] ?? {};
  const { address, port } = wiring.endpoint(`services/${name}/application`);
  if (run === undefined) return { environment: {}, address, port };
  const upstreams = upstreamUrls(plan, name, wiring);
  const destinations = destinationUrls(plan, name, wiring);
  return {
    run,
    directory: resolvePath(overlayFolder, directory ?? '.'),
    environment: {
      ...environment,
      ...upstreamVariables(upstreams),
      ...destinationVariables(destinations),
    },
    address,
    port,
  };
}

/** Where a workload finds each service that it may call: its own sidecar's port for it. */
export function upstreamUrls(plan: Plan, name: string, wiring: Wiring): Record<string, string> {
  const { key, upstreams = [] } = plan.services[name]?.sidecar ?? {};
  return Object.fromEntries(
    upstreams.map((to) => {
      const { address, port } = wiring.endpoint(`${key}/outbound/${to}`);
      const scheme = plan.services[to]?.protocol === 'tcp' ? 'tcp' : 'http';
      return [to, `${scheme}://${address}:${port}`];
    }),
  );
}

/** Where a workload finds each host outside that it may call: its own sidecar's port for it. */
export function destinationUrls(plan: Plan, name: string, wiring: Wiring): Record<string, string> {
  const { key, destinations = [] } = plan.services[name]?.sidecar ?? {};
  return Object.fromEntries(
    destinations.map((host) => {
      const { address, port } = wiring.endpoint(`${key}/egress/${host}`);
      return [host, `http://${address}:${port}`];
    }),
  );
}
