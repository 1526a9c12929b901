import { ZeroTrustError } from '../../lib/diagnostic.js';

/** The agent cannot do its work. */
export class AgentError extends ZeroTrustError {
  constructor(
    code: string,
    message: string,
    /** Seconds after which trying again may help; absent if it will not. */
    readonly retryAfterSeconds?: number,
  ) {
    super(code, message);
  }
}

/** An error in the words of the log: its code if it has one, and what it says. */
export function described(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof ZeroTrustError) return { code: error.code, message: error.message };
  // SDK errors carry their code as their name.
  if (error instanceof Error) return { code: error.name, message: error.message };
  return { code: 'unknown', message: String(error) };
}
