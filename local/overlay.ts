import { z } from 'zod';
import { type Diagnostic, excerpt, InvalidModelError } from '../lib/diagnostic.js';

/** What only the run on one machine needs; it is never part of the model. */
export interface Overlay {
  readonly services?: Readonly<Record<string, ServiceOverlay>>;
}

export interface ServiceOverlay {
  /**
   * A shell command that serves the service at `HOST:PORT`: HTTP/1.1, or HTTP/2 in clear text for a
   * gRPC service. It finds each service that the model lets it call at `ZTP_<SERVICE>_URL`.
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
});

/** An overlay from outside, checked against the services of the model. Throws `InvalidModelError`. */
export function parseOverlay(input: unknown, services: readonly string[]): Overlay {
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    throw new InvalidModelError(
      parsed.error.issues.map(
        (issue): Diagnostic => ({
          code: 'invalid-overlay',
          severity: 'error',
          path: ['overlay', ...issue.path].join('.'),
          message: issue.message,
        }),
      ),
    );
  }
  const unknown = Object.keys(parsed.data.services ?? {}).filter((name) => !services.includes(name));
  if (unknown.length > 0) {
    throw new InvalidModelError(
      unknown.map(
        (name): Diagnostic => ({
          code: 'unknown-service',
          severity: 'error',
          path: `overlay.services.${name}`,
          message: 'the model has no such service',
          found: excerpt(name),
          expected: services.join(', '),
        }),
      ),
    );
  }
  return parsed.data as Overlay;
}
