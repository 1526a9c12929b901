import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { ownFolder } from './files.js';

/** A leaf, replaced as a whole by renaming a link in `watchedDirectory`. */
export interface LeafPaths {
  readonly certificate: string;
  readonly key: string;
  readonly watchedDirectory: string;
}

/** The link to the newest leaf, and the two files behind it. */
const CURRENT = 'current';
export const CERTIFICATE = 'certificate.pem';
export const KEY = 'key.pem';

/** The paths of a leaf in a folder of its own. */
export function leafPathsIn(watchedDirectory: string): LeafPaths {
  const file = (name: string) => join(watchedDirectory, CURRENT, name);
  return { certificate: file(CERTIFICATE), key: file(KEY), watchedDirectory };
}

/** One leaf on disk: a folder per certificate, and a link to the newest. */
export class LeafFolder {
  constructor(readonly paths: LeafPaths) {}

  /** The certificate that is in force, if it can be read and its key is beside it. */
  read(): X509Certificate | undefined {
    try {
      const certificate = new X509Certificate(readFileSync(this.paths.certificate));
      return certificate.checkPrivateKey(createPrivateKey(readFileSync(this.paths.key)))
        ? certificate
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Put a certificate in force: complete on disk first, then one rename. */
  install(serial: string, chain: string, key: string): void {
    const folder = this.paths.watchedDirectory;
    const previous = this.#current();
    const own = join(folder, serial);
    ownFolder(own);
    writeFileSync(join(own, KEY), key, { mode: 0o600 });
    writeFileSync(join(own, CERTIFICATE), chain, { mode: 0o600 });
    const next = join(folder, `.${CURRENT}.next`);
    rmSync(next, { force: true });
    symlinkSync(serial, next);
    renameSync(next, join(folder, CURRENT));
    // Whoever follows the link at this moment may still open the files behind the old one.
    this.#removeAllBut(serial, previous);
  }

  #current(): string | undefined {
    try {
      return readlinkSync(join(this.paths.watchedDirectory, CURRENT));
    } catch {
      return undefined;
    }
  }

  #removeAllBut(...kept: readonly (string | undefined)[]): void {
    const folder = this.paths.watchedDirectory;
    for (const name of readdirSync(folder)) {
      if (name !== CURRENT && !kept.includes(name))
        rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
}
