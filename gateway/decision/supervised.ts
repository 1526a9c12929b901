import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createDecisionService } from '../../lambda/authorizer/service.js';
import type { Template } from '../../lib/plan/refs.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import { keysFrom } from './keys.js';
import { FOR_ENVOY } from './server.js';
import type { SupervisedSettings, Taken, Told } from './supervision.js';

/**
 * The decision service as the child of a point's agent: it listens once it has been told what is revoked, decides
 * by what it was told last, and ends with the agent.
 */
export function serveSupervised({ socket, policy, keys, name }: SupervisedSettings): void {
  const revocations: { document: RevocationDocument | undefined } = { document: undefined };
  const service = createDecisionService({
    template: JSON.parse(readFileSync(policy, 'utf8')) as Template,
    refs: {},
    // It asks nobody but the issuers, and has nobody's credentials.
    environment: {},
    fetchText: keysFrom(keys),
    revocations,
    name,
  });
  const server = createServer(FOR_ENVOY, service);
  let listening: Promise<void> | undefined;
  process.on('message', ({ id, revocations: told }: Told) => {
    if (told) revocations.document = told;
    listening ??= new Promise((done) => server.listen(socket, done));
    void listening.then(() => process.send?.({ id } satisfies Taken));
  });
  process.on('disconnect', () => process.exit(1));
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}
