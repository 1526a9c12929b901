import { connectionLimits, defaultLeafLifetime } from '../plan/certificates.js';
import { type Check, finding } from './support/check.js';

/** A request timeout that no request lives to see: streams end earlier, so that a withdrawn identity is gone. */
export const requestTimeout: Check = {
  id: 'request-timeout',
  severity: 'error',
  optOut: false,
  run({ model, engine }) {
    const seconds = model.firewall?.requestTimeoutSeconds;
    const { maxStream } = connectionLimits(
      model.authority?.leafLifetimeSeconds ?? defaultLeafLifetime(engine),
    );
    if (seconds === undefined || seconds <= maxStream) return [];
    return [
      finding(['firewall', 'requestTimeoutSeconds'], 'every stream is ended before', {
        found: String(seconds),
        expected: `at most ${maxStream} seconds, which follows from the leaf's lifetime`,
        remedy: 'shorten it, or give leaf certificates a longer life',
      }),
    ];
  },
};
