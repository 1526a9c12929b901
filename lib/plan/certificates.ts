import type { Engine } from '../model/service.js';
import type { CertificateProfiles, ConnectionLimits } from './plan.js';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Seconds a workload's leaf lives if the model does not say; minutes on one machine, to see rotation. */
export function defaultLeafLifetime(engine: Engine): number {
  return engine === 'local' ? 600 : 4 * HOUR;
}

/** What each kind of certificate may be and for how long. */
export function certificateProfiles(leafLifetimeSeconds: number): CertificateProfiles {
  return {
    root: { lifetimeSeconds: 5 * 365 * DAY, keyUsage: ['keyCertSign', 'cRLSign'], extendedKeyUsage: [] },
    issuing: { lifetimeSeconds: 365 * DAY, keyUsage: ['keyCertSign', 'cRLSign'], extendedKeyUsage: [] },
    // Envoy's SPIFFE validator refuses a leaf without digitalSignature or with a signing usage.
    workload: {
      lifetimeSeconds: leafLifetimeSeconds,
      keyUsage: ['digitalSignature'],
      extendedKeyUsage: ['serverAuth', 'clientAuth'],
    },
    edge: { lifetimeSeconds: DAY, keyUsage: ['digitalSignature'], extendedKeyUsage: ['serverAuth'] },
  };
}

/** Seconds that a connection stays after its last stream, for what is still on its way to the peer. */
export const CLOSE_SECONDS = 1;

/**
 * How long a connection may outlive the identity that opened it: five minutes (well inside the
 * 15 to 30 minutes of NIST SP 800-207A, REC-2) and a quarter of the leaf's life. Envoy's
 * `max_connection_duration` only starts to drain, a stream opened at the last moment still runs for
 * `max_stream_duration`, and then the connection is closed after `CLOSE_SECONDS`: all within the bound.
 */
export function connectionLimits(leafLifetimeSeconds: number): ConnectionLimits {
  const bound = Math.min(300, Math.floor(leafLifetimeSeconds / 4));
  const drain = Math.min(5, Math.max(1, Math.floor(bound / 10)));
  const half = Math.floor((bound - drain - CLOSE_SECONDS) / 2);
  return { bound, maxConnection: half, drain, maxStream: half };
}
