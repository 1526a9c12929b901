import type { Diagnostic } from '../lib/diagnostic.js';
import type { Exit } from './child.js';

/** What happens to a running platform, for people to read. */
export type PlatformEvent =
  /** A part is up. */
  | { readonly kind: 'ready'; readonly part: string; readonly detail: string; readonly milliseconds: number }
  /** A request was judged: one line of the decision log, as the point wrote it. */
  | { readonly kind: 'decision'; readonly point: string; readonly line: string }
  /** Issuers' keys were fetched, or tried: bytes that the egress gateway cannot read. */
  | { readonly kind: 'tunnel'; readonly point: string; readonly line: string }
  /** A line that a child printed. */
  | { readonly kind: 'output'; readonly part: string; readonly line: string }
  /** A child ended by itself. `next` is what happens now. */
  | { readonly kind: 'crashed'; readonly part: string; readonly exit: Exit; readonly next: string }
  | { readonly kind: 'restarted'; readonly part: string }
  /** An edit is in force at these points. */
  | {
      readonly kind: 'applied';
      readonly what: 'model' | 'revocations';
      readonly reloaded: readonly string[];
      readonly restarted: readonly string[];
      readonly removed: readonly string[];
      readonly milliseconds: number;
    }
  /** An edit is not in force; the last good one stays. */
  | { readonly kind: 'rejected'; readonly what: string; readonly error: unknown }
  | { readonly kind: 'diagnostics'; readonly diagnostics: readonly Diagnostic[] };

export type Listener = (event: PlatformEvent) => void;
