/**
 * The decision service beside a point as a process: `node main.js --config FILE`, by the file of its rules
 * that the configuration names. It tells `ready`, and each decision on standard output.
 *
 * Commands on the control socket: `reload` (the rules again; broken ones leave the last in force, and used proofs stay used).
 */
import type { RequestListener } from 'node:http';
import { z } from 'zod';
import { listen } from '../../gateway/decision/server.js';
import { MemoryReplay } from '../../lambda/authorizer/replay.js';
import { createDecisionService } from '../../lambda/authorizer/service.js';
import type { Template } from '../../lib/plan/refs.js';
import { serveCommands } from '../control.js';
import { readConfig, readJson, runPart } from '../part.js';
import { keysFrom } from '../../gateway/decision/keys.js';

const SCHEMA = z.strictObject({
  rules: z.string(),
  control: z.string(),
  address: z.string(),
  port: z.number(),
  keys: z.array(
    z.strictObject({ jwksUri: z.string(), address: z.string(), port: z.number(), ca: z.string() }),
  ),
});

async function start(path: string): Promise<{ ready: object; close(): Promise<void> }> {
  const { rules, control, address, port } = readConfig(path, SCHEMA);
  // A proof stays used while the rules change.
  const replay = new MemoryReplay(Date.now);
  const open = (): RequestListener => {
    const { keys } = readConfig(path, SCHEMA);
    return createDecisionService({
      template: readJson(rules, 'invalid-rules') as Template,
      refs: {},
      environment: {},
      fetchText: keysFrom(keys),
      replay,
    });
  };
  let service = open();
  const server = listen({ address, port }, (request, response) => service(request, response));
  await new Promise<void>((done, fail) => server.once('listening', done).once('error', fail));
  const stopCommands = await serveCommands(control, {
    reload: async () => {
      service = open();
    },
  });
  return {
    ready: { address, port },
    close: async () => {
      await stopCommands();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

void runPart(start);
