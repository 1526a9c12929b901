import type { Diagnostic } from '../../../diagnostic.js';
import type { TemplateCheck, TemplateFinding } from './check.js';
import { Deployment } from './deployment.js';
import { inEveryWorld } from './every-world.js';
import { isRecord, type Resource, type TemplateSource } from './template.js';

/** A finding about a resource of a template. */
export interface TemplateDiagnostic extends Diagnostic {
  readonly template: string;
  readonly logicalId: string;
  readonly resourceType: string;
  /** In the resource: `Properties.SslPolicy`. */
  readonly location: string;
  /** Of the construct, where the template says it (`aws:cdk:path`). */
  readonly constructPath?: string;
  /** Only the deployment knows whether it is a mistake; its severity is a warning. */
  readonly undecided: boolean;
}

/** Run checks on what is deployed together. Findings come in the order of the templates and their resources. */
export function runTemplateChecks(
  sources: readonly TemplateSource[],
  checks: readonly TemplateCheck[],
): TemplateDiagnostic[] {
  const deployment = new Deployment(sources);
  const order = new Map(
    deployment.templates
      .flatMap((template) => [...template.resources.values()])
      .map((resource, index) => [resource, index] as const),
  );
  const found = checks.flatMap((check) =>
    deployment
      .resources(...check.types)
      .flatMap((resource) =>
        inEveryWorld(deployment, undefined, (reading) =>
          reading.exists(resource) ? check.run(resource, reading) : [],
        ).map((finding) => [resource, diagnostic(check, resource, finding)] as const),
      ),
  );
  return found
    .sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
    .map(([, diagnosed]) => diagnosed);
}

function diagnostic(check: TemplateCheck, resource: Resource, finding: TemplateFinding): TemplateDiagnostic {
  const { location, message, found, expected, undecided = false } = finding;
  const constructPath = pathOf(resource);
  return {
    code: check.id,
    severity: undecided ? 'warning' : check.severity,
    path: `${resource.template.name}/${resource.logicalId}.${location}`,
    message,
    ...(found !== undefined && { found: found.length > 160 ? `${found.slice(0, 160)}…` : found }),
    ...(expected !== undefined && { expected }),
    remedy: check.fix,
    template: resource.template.name,
    logicalId: resource.logicalId,
    resourceType: resource.type,
    location,
    ...(constructPath !== undefined && { constructPath }),
    undecided,
  };
}

function pathOf({ raw }: Resource): string | undefined {
  const metadata = raw['Metadata'];
  const path = isRecord(metadata) ? metadata['aws:cdk:path'] : undefined;
  return typeof path === 'string' ? path : undefined;
}
