import type { EnvoyBinary } from './envoy-binary.js';
import type { Listener } from './events.js';
import type { IssuerEndpoint } from './wiring.js';

/** What a platform is made of. */
export interface PlatformSource {
  /** For `resolve`. */
  readonly model: unknown;
  /** How applications are run; see `overlay.ts`. @default echoes */
  readonly overlay?: unknown;
  /** The folder that the overlay's paths are relative to. @default the working directory */
  readonly overlayFolder?: string;
}

/** Who issues the tokens. */
export type IdentitySource =
  /** The local identity provider stands in for every issuer; its people come from a file. */
  | { readonly kind: 'local'; readonly users?: string }
  /** Something else serves the keys of each issuer, by name. */
  | { readonly kind: 'external'; readonly issuers: Readonly<Record<string, IssuerEndpoint>> };

export interface PlatformOptions {
  readonly source: PlatformSource;
  readonly envoy: EnvoyBinary;
  readonly identity: IdentitySource;
  /** Kept when the platform ends. @default a temporary folder that goes */
  readonly stateFolder?: string;
  /** The gateway's port. @default 8443, or the next that is free */
  readonly port?: number;
  /** @default nobody is told */
  readonly onEvent?: Listener;
  /** Ends the platform, also while it starts. @default it ends by `stop` */
  readonly signal?: AbortSignal;
}
