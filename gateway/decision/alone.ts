import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DATA_FILE, REFS_VARIABLE } from '../../lambda/authorizer/deployment.js';
import { openDecisionService } from '../../lambda/authorizer/service.js';
import type { RefValues, Template } from '../../lib/plan/refs.js';
import { healthServer } from './health.js';
import { listen } from './server.js';
import { readDecisionSettings } from './settings.js';

/** Serve by the policy in a file, with what the environment says; until SIGTERM, and then as long as it says. */
export function serveAlone(environment: NodeJS.ProcessEnv, folder: string): void {
  const settings = readDecisionSettings(environment);
  const { nonceSeconds, healthPort, drainSeconds = 0 } = settings;
  const file = environment['ZTP_DECISION_POLICY'] ?? join(folder, DATA_FILE);
  const { serve, isReady } = openDecisionService({
    ...(nonceSeconds !== undefined && { nonceSeconds }),
    template: JSON.parse(readFileSync(file, 'utf8')) as Template,
    refs: JSON.parse(environment[REFS_VARIABLE] ?? '{}') as RefValues,
    environment,
  });
  const servers = [listen(settings, serve)];
  if (healthPort !== undefined) servers.push(healthServer(healthPort, isReady));
  process.once('SIGTERM', () => void end(servers, drainSeconds));
}

/** Whoever is not told yet that this one ends is still answered. */
async function end(servers: readonly Server[], drainSeconds: number): Promise<void> {
  await sleep(drainSeconds * 1000);
  for (const server of servers) {
    server.close();
    server.closeIdleConnections();
  }
  // Connections of an Envoy never end by themselves; what was asked last has its answer within this time.
  await sleep(LAST_ANSWER);
  process.exit(0);
}

/** Milliseconds: an Envoy waits no longer for an answer. */
const LAST_ANSWER = 2000;
