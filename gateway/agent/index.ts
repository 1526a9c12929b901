/**
 * The agent of a point, and the only process that a container starts: `node index.js`. It obtains and
 * renews the point's certificate, runs Envoy, and ends when Envoy ends, with another code than 0 unless
 * it was asked to by SIGTERM.
 *
 * `node index.js health` is the container's health check: exit code 0 if the point serves.
 */
import { Agent } from './agent.js';
import { described } from './error.js';
import { isHealthy } from './health.js';
import { log } from './log.js';
import { registrationFunction } from './registration.js';
import { healthPort, readSettings, type Settings } from './settings.js';

async function main(): Promise<number> {
  // Whatever is written is its owner's alone.
  process.umask(0o077);
  let settings: Settings;
  try {
    settings = readSettings(process.env);
  } catch (error) {
    log('failed', described(error));
    return 1;
  }
  const authority = registrationFunction(settings.registration, settings.region);
  const agent = new Agent({ settings, authority, log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void agent.terminate());
  return agent.run();
}

async function check(): Promise<number> {
  return (await isHealthy(healthPort(process.env))) ? 0 : 1;
}

void (process.argv[2] === 'health' ? check() : main()).then(
  (code) => process.exit(code),
  () => process.exit(1),
);
