import type { Policy } from '../../lib/policy/policy.js';
import type { IssuerKeys } from './data.js';
import type { FetchText } from './fetch-text.js';
import { type KeySet, readKeySet } from './key-set.js';
import { type Clock, Refreshed } from './refreshed.js';

/** Milliseconds in which an issuer must have answered; API Gateway waits 10 s, and no request for more than two such waits. */
export const KEY_FETCH_MILLISECONDS = 3000;
/** Bytes of a JWK Set; Microsoft's, the largest known, are 20 KB. */
const MAX_BYTES = 128 * 1024;

/** The keys of one issuer, kept up to date out of band. */
export type IssuerKeyStore = Refreshed<KeySet>;

export interface KeyStoreOptions {
  readonly issuers: Readonly<Record<string, IssuerKeys>>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly fetchText: FetchText;
  /** PEM bundle that must verify the issuers. @default the authorities of Node */
  readonly ca?: string;
  /** Told of every fetch that ended. */
  readonly onFetch: (issuer: string, error: unknown) => void;
}

/** The keys of every issuer, by its name in the policy; the first fetches begin at once. */
export function keyStores(options: KeyStoreOptions): ReadonlyMap<string, IssuerKeyStore> {
  const { issuers, policy, clock } = options;
  const stores = new Map(
    Object.entries(issuers)
      .filter(([name]) => Object.hasOwn(policy.issuers, name))
      .map(([name, issuer]) => [name, keyStore(name, issuer, options)]),
  );
  for (const store of stores.values()) void store.get(clock());
  return stores;
}

function keyStore(
  name: string,
  { jwksUri, refreshSeconds, outageSeconds, pinned }: IssuerKeys,
  { policy, clock, fetchText, ca, onFetch }: KeyStoreOptions,
): IssuerKeyStore {
  const { algorithms } = policy.issuers[name]!.profile;
  return new Refreshed<KeySet>({
    clock,
    refreshSeconds,
    outageSeconds,
    timeoutMilliseconds: KEY_FETCH_MILLISECONDS,
    ...(pinned && { fallback: readKeySet(JSON.stringify(pinned), algorithms) }),
    onEnd: (error) => onFetch(name, error),
    load: async (before) => {
      const { status, text } = await fetchText(jwksUri, {
        timeoutMilliseconds: KEY_FETCH_MILLISECONDS,
        maxBytes: MAX_BYTES,
        headers: { accept: 'application/json' },
        ...(ca !== undefined && { ca }),
      });
      if (status !== 200) throw new Error(`${jwksUri} answers ${status}`);
      return readKeySet(text, algorithms, before);
    },
  });
}
