import { Ministack } from './ministack.js';

/** A program that starts a local AWS and never stops it, for a test to kill. */
void Ministack.start().then(({ port, folder }) => {
  process.stdout.write(`${JSON.stringify({ port, folder })}\n`);
  setInterval(() => {}, 1000);
});
