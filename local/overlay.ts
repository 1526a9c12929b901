import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { type Diagnostic, excerpt, InvalidModelError } from '../lib/diagnostic.js';
import { elementPath } from '../lib/model/element-path.js';
import { issueDiagnostics } from '../lib/model/issues.js';
import { suggestion } from '../lib/model/suggest.js';
import type { Plan } from '../lib/plan/plan.js';

/** What only the run on one machine needs; it is never part of the model. */
export interface Overlay {
  readonly services?: Readonly<Record<string, ServiceOverlay>>;
  /** Hosts outside that something on this machine stands in for, by host. @default none: the hosts themselves */
  readonly egress?: Readonly<Record<string, StandIn>>;
}

/** A server on this machine that is taken for a host outside. */
export interface StandIn {
  /** A loopback address; the only one that is let through although it is not public. */
  readonly address: string;
  readonly port: number;
  /** PEM bundle that verifies it, under the name of the host; relative to the overlay's folder. */
  readonly ca: string;
}

export interface ServiceOverlay {
  /**
   * A shell command that serves the service at `HOST:PORT`: HTTP/1.1, or HTTP/2 in clear text for a
   * gRPC service, or connections for a TCP service. It finds each service that the model lets it call at
   * `ZTP_<SERVICE>_URL`, and a TCP service also at `ZTP_<SERVICE>_HOST` and `ZTP_<SERVICE>_PORT`.
   * @default a built-in echo
   */
  readonly run?: string;
  /** The command's folder, relative to the overlay's. @default the overlay's folder */
  readonly directory?: string;
  /** Further environment variables. @default none */
  readonly environment?: Readonly<Record<string, string>>;
}

const schema = z.strictObject({
  services: z
    .record(
      z.string(),
      z.strictObject({
        run: z.string().min(1).optional(),
        directory: z.string().min(1).optional(),
        environment: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  egress: z
    .record(
      z.string(),
      z.strictObject({
        address: z.string().refine(isLoopback, 'not a loopback address'),
        port: z.int().min(1).max(65_535),
        ca: z.string().min(1),
      }),
    )
    .optional(),
});

function isLoopback(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.parse(text).range() === 'loopback';
}

/** An overlay from outside, checked against the plan of the model. Throws `InvalidModelError`. */
export function parseOverlay(input: unknown, plan: Pick<Plan, 'services' | 'egress'>): Overlay {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    const found = issueDiagnostics(parsed.error.issues, input, { schema, name: 'an overlay' });
    throw new InvalidModelError(
      found.map((diagnostic) => ({
        ...diagnostic,
        path: ['overlay', diagnostic.path].filter((part) => part !== '').join('.'),
      })),
    );
  }
  const unknown = [
    ...unknownNames(parsed.data, 'services', Object.keys(plan.services)),
    ...unknownNames(parsed.data, 'egress', Object.keys(plan.egress?.destinations ?? {})),
  ];
  if (unknown.length > 0) throw new InvalidModelError(unknown);
  return parsed.data as Overlay;
}

const UNKNOWN = {
  services: ['unknown-service', 'the model has no such service'],
  egress: ['unknown-destination', 'no egress rule names this host'],
} as const;

function unknownNames(
  overlay: z.output<typeof schema>,
  part: keyof typeof UNKNOWN,
  known: readonly string[],
): Diagnostic[] {
  const [code, message] = UNKNOWN[part];
  return Object.keys(overlay[part] ?? {})
    .filter((name) => !known.includes(name))
    .map((name) => ({
      code,
      severity: 'error',
      path: elementPath(['overlay', part, name]),
      message,
      found: excerpt(name),
      expected: known.join(', '),
      remedy: meant(name, known),
    }));
}

function meant(name: string, known: readonly string[]): string {
  const near = suggestion(name, known);
  return near === undefined ? 'declare it in the model, or leave it out here' : `did you mean "${near}"?`;
}
