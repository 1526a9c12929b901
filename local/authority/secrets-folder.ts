import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { identitiesOf } from '../../lib/authority/index.js';
import { edgeSecret, peersSecret, serverSecret } from '../../lib/envoy/secrets.js';
import type { Plan } from '../../lib/plan/plan.js';
import { replaceFile } from '../files.js';
import { edgeBundle, leafPaths, peersBundle, pointSecrets } from './layout.js';

/** The files that tell points where their leaves and bundles are; the leaves are `LeafFolder`'s. */
export class SecretsFolder {
  constructor(readonly path: string) {}

  /** Write the files of every point of the plan, and remove what belongs to none. */
  lay(plan: Plan): void {
    for (const point of identitiesOf(plan).keys()) {
      const { certificate, key, watchedDirectory } = leafPaths(this.path, point, 'server');
      writeJson(pointSecrets(this.path, point).server, serverSecret(certificate, key, watchedDirectory));
    }
    const edge = leafPaths(this.path, plan.gateway.key, 'edge');
    writeJson(
      pointSecrets(this.path, plan.gateway.key).edge,
      edgeSecret(edge.certificate, edge.key, edge.watchedDirectory),
    );
    this.#removeAllBut('services', plan.services);
    this.#removeAllBut('issuers', plan.issuers);
  }

  /** Write the roots of the edge. */
  layEdge(bundle: string): void {
    write(edgeBundle(this.path), bundle);
  }

  /** Write the roots of the mesh, and tell every point. Older bundles stay: a point may be about to open one. */
  layPeers(plan: Plan, bundle: string): void {
    const hash = createHash('sha256').update(bundle).digest('hex').slice(0, 16);
    const path = peersBundle(this.path, hash);
    write(path, bundle);
    for (const point of identitiesOf(plan).keys()) {
      writeJson(pointSecrets(this.path, point).peers, peersSecret({ [plan.trustDomain]: path }));
    }
  }

  /** A service or an issuer that is no longer in the plan leaves no key behind. */
  #removeAllBut(kind: 'services' | 'issuers', kept: Readonly<Record<string, unknown>>): void {
    const folder = join(this.path, kind);
    if (!existsSync(folder)) return;
    for (const name of readdirSync(folder)) {
      if (!Object.hasOwn(kept, name)) rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}

function writeJson(path: string, value: object): void {
  write(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** Replace a file whose content changed; one that did not is left alone, so that no watcher wakes. */
function write(path: string, content: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === content) return;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  replaceFile(path, content);
}
