import { type Check, finding } from './support/check.js';
import { defaultLeafLifetime } from '../plan/certificates.js';

/** A certificate renewed more often than this, in seconds, loads the authority and ends connections early. */
const SHORTEST = 600;

/**
 * A leaf that lives longer than the default of the clouds, for which a stolen key stays good, or so
 * short that a cloud's authority would be renewing without a pause.
 */
export const leafLifetime: Check = {
  id: 'leaf-lifetime',
  severity: 'warning',
  optOut: true,
  run({ model, engine }) {
    const seconds = model.authority?.leafLifetimeSeconds;
    if (seconds === undefined) return [];
    const path = ['authority', 'leafLifetimeSeconds'];
    const longest = defaultLeafLifetime('aws');
    const detail = {
      found: String(seconds),
      expected: `${SHORTEST} to ${longest} seconds`,
      remedy: 'choose one of these, or leave it out',
    };
    if (seconds > longest) return [finding(path, 'a stolen key stays good for that long', detail)];
    if (seconds >= SHORTEST || engine === 'local') return [];
    return [finding(path, 'the authority would be renewing without a pause', detail)];
  },
};
