import { randomBytes } from 'node:crypto';
import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Entry {
  readonly payload: AdapterPayload;
  /** Milliseconds since the epoch. */
  readonly ends: number;
}

/** Entries above which those that have ended are looked for. */
const TIDY_ABOVE = 1000;

/** What one issuer remembers (sessions, codes) in this process's memory; a restart forgets it. */
export class SessionStore {
  /** Signs the cookies that name what is in here. */
  readonly cookieKey = randomBytes(32).toString('base64url');
  readonly #entries = new Map<string, Entry>();

  /** The part of the store that holds one kind of thing, as oidc-provider wants it. */
  readonly adapter = (kind: string): Adapter => {
    const key = (id: string) => `${kind} ${id}`;
    const search = async (field: 'uid' | 'userCode', value: string) => this.#search(kind, field, value);
    return {
      upsert: async (id, payload, expiresIn) => this.#put(key(id), payload, expiresIn),
      find: async (id) => this.#get(key(id)),
      findByUid: (uid) => search('uid', uid),
      findByUserCode: (code) => search('userCode', code),
      consume: async (id) => {
        const payload = this.#get(key(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      destroy: async (id) => void this.#entries.delete(key(id)),
      revokeByGrantId: async (grantId) => {
        for (const [name, { payload }] of this.#entries)
          if (payload.grantId === grantId) this.#entries.delete(name);
      },
    };
  };

  #put(key: string, payload: AdapterPayload, expiresIn: number | undefined): void {
    const ends = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000;
    this.#entries.set(key, { payload, ends });
    if (this.#entries.size > TIDY_ABOVE) {
      for (const [name, entry] of this.#entries) if (entry.ends < Date.now()) this.#entries.delete(name);
    }
  }

  #get(key: string): AdapterPayload | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.ends >= Date.now() ? entry.payload : undefined;
  }

  #search(kind: string, field: 'uid' | 'userCode', value: string): AdapterPayload | undefined {
    for (const [key, { payload }] of this.#entries) {
      if (key.startsWith(`${kind} `) && payload[field] === value) return this.#get(key);
    }
    return undefined;
  }
}
