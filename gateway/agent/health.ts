import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';

/** How a point is: `healthy` decides the status, the rest is for people. */
export interface Health {
  readonly healthy: boolean;
  readonly state: string;
  readonly certificate?: { readonly ageSeconds: number; readonly secondsLeft: number };
  /** Of a point that has a decision service. */
  readonly decision?: { readonly ready: boolean; readonly restarts: number };
}

const LOOPBACK = '127.0.0.1';
/** Milliseconds for an answer; the orchestrator itself gives up after five seconds. */
const PATIENCE = 4000;

/** Answer `GET /health` on loopback: 200 or 503. */
export async function serveHealth(port: number, health: () => Promise<Health>): Promise<Server> {
  const server = createServer((asked, answer) => {
    if (asked.url !== '/health') {
      answer.writeHead(404).end();
      return;
    }
    void health().then((found) => {
      answer.writeHead(found.healthy ? 200 : 503, { 'content-type': 'application/json' });
      answer.end(`${JSON.stringify(found)}\n`);
    });
  });
  server.listen(port, LOOPBACK);
  await once(server, 'listening');
  return server;
}

/** What an orchestrator runs in the container, where there is no shell: whether the agent says 200. */
export function isHealthy(port: number): Promise<boolean> {
  return new Promise((done) => {
    const call = request({ host: LOOPBACK, port, path: '/health', timeout: PATIENCE }, (answer) => {
      answer.resume();
      done(answer.statusCode === 200);
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => done(false));
    call.end();
  });
}
