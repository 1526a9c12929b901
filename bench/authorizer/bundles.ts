import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildOptions, build, buildSync } from 'esbuild';

/** As `scripts/bundle.mjs` makes what is deployed. */
const OPTIONS = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node24',
  format: 'cjs',
  legalComments: 'none',
} as const satisfies BuildOptions;

export const PEERS = ['aws-jwt-verify', 'fast-jwt'] as const;
export type PeerName = (typeof PEERS)[number];

/** Handlers with what a team would take instead, bundled as ours is. */
export class PeerBundles {
  readonly #folder = mkdtempSync(join(tmpdir(), 'ztp-bench-'));

  constructor() {
    const entryPoints = PEERS.map((name) => join(__dirname, 'handlers', `${name}.ts`));
    buildSync({ ...OPTIONS, entryPoints, outdir: this.#folder, outExtension: { '.js': '.cjs' } });
  }

  path(name: PeerName): string {
    return join(this.#folder, `${name}.cjs`);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Bytes, gzip, of a bundle of these modules of the authorizer. */
export async function gzipOf(modules: readonly string[]): Promise<number> {
  const contents = modules.map((file) => `export * from './${file}.ts';`).join('\n');
  const resolveDir = join(__dirname, '../../lambda/authorizer');
  const { outputFiles } = await build({ ...OPTIONS, stdin: { contents, resolveDir }, write: false });
  return gzip(outputFiles[0]!.contents);
}

export function gzip(bytes: Uint8Array): number {
  return gzipSync(bytes, { level: 9 }).length;
}
