import type { Severity } from '../../../diagnostic.js';
import { elementPath } from '../../../model/element-path.js';
import { lone, openIn, shown } from './read.js';
import type { Reading } from './reading.js';
import type { Resource } from './template.js';
import type { Value } from './value.js';

/** Where something is among a resource's properties. */
export type PropertyPath = readonly (string | number)[];

/** What a check says of a resource; the runner adds what the check declares. */
export interface TemplateFinding {
  /** In the resource: `Properties.SslPolicy`. */
  readonly location: string;
  /** One sentence: what is wrong here. */
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
  /** Only the deployment knows whether it is a mistake. */
  readonly undecided?: true;
}

/** One law about the resources of templates, whoever wrote them. */
export interface TemplateCheck {
  /** Also the name of the check's file, and the code of its findings. Stable. */
  readonly id: string;
  readonly severity: Severity;
  /** Why it matters, for whoever reads the documentation. */
  readonly reason: string;
  /** What to do. */
  readonly fix: string;
  /** Types of the resources that it looks at; with none it looks at all. */
  readonly types: readonly string[];
  run(resource: Resource, reading: Reading): readonly TemplateFinding[];
}

type Detail = Pick<TemplateFinding, 'found' | 'expected'>;

/** A finding at a property. */
export function violation(path: PropertyPath, message: string, detail: Detail = {}): TemplateFinding {
  return { location: elementPath(['Properties', ...path]), message, ...detail };
}

/** A property that a security property hangs on has a value that only the deployment knows. */
export function undecided(path: PropertyPath, value: Value, expected: string): TemplateFinding {
  const why = openIn(value)?.why;
  return {
    location: elementPath(['Properties', ...path]),
    message: `whether this is right hangs on ${why ?? 'what only the deployment knows'}`,
    ...(typeof lone(value) !== 'object' && value !== undefined && { found: shown(value) }),
    expected,
    undecided: true,
  };
}
