import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const ROOT = join(__dirname, '..', '..', '..');

/** Lay the bundles into a folder as `gateway/Dockerfile` lays them into the image. Returns the agent's. */
export function imageIn(folder: string): string {
  const dockerfile = readFileSync(join(ROOT, 'gateway/Dockerfile'), 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY --chmod=0444 (\w+)\.js (\S+)$/gm)];
  for (const [, name, place] of copied) {
    mkdirSync(join(folder, dirname(place!)), { recursive: true });
    cpSync(join(ROOT, 'dist/gateway', name!, 'index.js'), join(folder, place!));
  }
  const entry = /^ENTRYPOINT \[.*"(\S+)"\]$/m.exec(dockerfile)?.[1];
  if (copied.length !== 2 || entry === undefined) throw new Error('the Dockerfile has another form');
  return join(folder, entry);
}
