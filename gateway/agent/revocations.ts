import type { RevocationNode } from '../../lib/plan/plan.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import {
  checkSuccession,
  MAX_REVOCATION_BYTES,
  readRevocationDocument,
  withEveryServiceClosed,
} from '../../lib/policy/revocation-document.js';
import { AgentError, described } from './error.js';
import { UNREAD_REVOCATIONS } from './logged.js';
import { fetchObject } from './object.js';
import type { RevocationSource } from './settings.js';

export interface RevocationsOptions {
  readonly source: RevocationSource;
  readonly region: string;
  /** Of the plan: its document is the oldest that is taken. */
  readonly planned: RevocationNode;
  /** Entries of the longest document that is taken. */
  readonly maxEntries: number;
  /** Closed while what is revoked is not known. */
  readonly services: readonly string[];
}

/** What is revoked, read again and again. Once it has not been known for too long every service is closed. */
export class Revocations {
  #document: RevocationDocument;
  #closed: RevocationDocument | undefined;
  #etag: string | undefined;
  /** When the last attempt began that brought an answer: it may be as old as that. */
  #asOf = Number.NEGATIVE_INFINITY;

  constructor(readonly options: RevocationsOptions) {
    this.#document = options.planned.document;
  }

  /** Milliseconds between two looks: half of what is promised, so that one may take as long again. */
  get interval(): number {
    return this.options.planned.withinSeconds * 500;
  }

  /** The document that the rules are to be compiled under now. */
  inForce(now = performance.now()): RevocationDocument {
    if (now - this.#asOf <= this.options.source.outageSeconds * 1000) return this.#document;
    this.#closed ??= withEveryServiceClosed(this.#document, this.options.services);
    return this.#closed;
  }

  /** Seconds, rounded up: at the bound it is over it. */
  get ageSeconds(): number {
    return Math.ceil((performance.now() - this.#asOf) / 1000);
  }

  /** Whether every service is closed, because what is revoked is not known. */
  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Ask once. Throws `revocations-unavailable`, and goes on with what it knows. */
  async refresh(): Promise<void> {
    const { source, region, maxEntries } = this.options;
    const began = performance.now();
    try {
      const { bucket, key } = source;
      const maxBytes = MAX_REVOCATION_BYTES;
      const found = await fetchObject({ bucket, key, region, maxBytes, etag: this.#etag });
      if (found) {
        const next = readRevocationDocument(new TextDecoder('utf-8', { fatal: true }).decode(found.bytes));
        checkSuccession(this.#document, next, maxEntries);
        if (next.version !== this.#document.version) this.#document = next;
        this.#etag = found.etag;
      }
      this.#asOf = began;
      this.#closed = undefined;
    } catch (error) {
      const { code, message } = described(error);
      throw new AgentError(UNREAD_REVOCATIONS.code, `what is revoked was not read: ${code}: ${message}`, 1);
    }
  }
}
