import { createServer, get, type Server } from 'node:http';

/** What a decision service is asked about itself. */
export const QUESTIONS = ['ready', 'live'] as const;

/** Milliseconds for an answer: it may have to ask the API server and the issuers first. */
const PATIENCE = 4000;

/** Says on loopback whether it runs, and whether it can decide. */
export function healthServer(port: number, isReady: () => Promise<boolean>): Server {
  return createServer((request, response) => {
    const well = request.url === '/ready' ? isReady() : Promise.resolve(request.url === '/live');
    void well.then((is) => response.writeHead(is ? 200 : 503).end());
  }).listen(port, '127.0.0.1');
}

/** What the one at that port answers; no answer is none. */
export function isWell(port: number, question: (typeof QUESTIONS)[number]): Promise<boolean> {
  return new Promise((done) => {
    const call = get(
      { host: '127.0.0.1', port, path: `/${question}`, agent: false, timeout: PATIENCE },
      (answer) => {
        answer.resume();
        done(answer.statusCode === 200);
      },
    );
    call.once('timeout', () => call.destroy());
    call.once('error', () => done(false));
  });
}
