import { resolve as resolvePath } from 'node:path';
import { envoyFiles, pointKeys } from '../lib/envoy/index.js';
import { canonicalJson } from '../lib/plan/json.js';
import type { Plan } from '../lib/plan/plan.js';
import { type RefValues, substitute, type Template } from '../lib/plan/refs.js';
import type { RevocationDocument } from '../lib/policy/revocation.js';
import { urlVariable } from '../lib/point/url-variable.js';
import type { ApplicationSpec } from './application.js';
import type { EnvoyConfiguration } from './envoy.js';
import type { Overlay } from './overlay.js';
import type { Wiring } from './wiring.js';

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
}

type Parts = Pick<Target, 'plan' | 'overlay' | 'overlayFolder' | 'revocations'>;

/** Render everything. Throws `MissingRefError` where a value is missing. */
export function renderTarget(parts: Parts, values: RefValues, wiring: Wiring): Target {
  const { plan, revocations } = parts;
  const render = (template: Template) => `${canonicalJson(substitute(template, values))}\n`;
  const points = pointKeys(plan).map((key): [string, EnvoyConfiguration] => {
    const { bootstrap, routes } = envoyFiles(plan, key, revocations);
    return [key, { bootstrap: render(bootstrap), routes: render(routes) }];
  });
  const applications = Object.keys(plan.services).map((name): [string, ApplicationSpec] => [
    name,
    applicationSpec(parts, name, wiring),
  ]);
  return { ...parts, points: new Map(points), applications: new Map(applications) };
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
  return {
    run,
    directory: resolvePath(overlayFolder, directory ?? '.'),
    environment: {
      ...environment,
      ...Object.fromEntries(Object.entries(upstreams).map(([to, url]) => [urlVariable(to), url])),
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
      return [to, `http://${address}:${port}`];
    }),
  );
}
