import { readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { ZeroTrustError } from '../lib/diagnostic.js';
import { checkPinned, pinImages } from '../gateway/registry/pin.js';
import { type BaseImages, type PinnedImages, repositoryOf } from '../gateway/registry/reference.js';
import { packageRoot } from '../local/package-root.js';
import { cliError } from './error.js';
import type { ImagesOptions } from './images.js';
import { table } from './text.js';

const PINNED = z.record(z.string(), z.string());

/** Resolve the base images and write the file, or compare it. */
export async function images({ file, registry, check }: ImagesOptions): Promise<string> {
  const wanted = JSON.parse(
    readFileSync(join(packageRoot(), 'gateway', 'images.json'), 'utf8'),
  ) as BaseImages;
  if (!check) {
    const pinned = await resolved(wanted, registry);
    write(file, pinned);
    return `${table(Object.entries(pinned))}\n\n${file} is written: commit it, and give it as pinnedImages.\n`;
  }
  const pinned = read(file);
  compare(file, () => checkPinned(wanted, pinned));
  if (registry === undefined) return `${file} has the images of this release\n`;
  const now = await resolved(wanted, registry);
  const moved = Object.keys(wanted).filter((name) => now[name] !== pinned[name]);
  if (moved.length === 0) return `${file} has the images of this release, as their tags are today\n`;
  throw cliError('images-moved', file, 'a tag means another image than when the file was written', {
    found: moved.map((name) => String(now[name])).join(', '),
    expected: moved.map((name) => String(pinned[name])).join(', '),
    remedy: 'look at what was published; then ztp images writes the file anew',
  });
}

async function resolved(wanted: BaseImages, registry: string | undefined): Promise<PinnedImages> {
  const unnamed = Object.values(wanted).filter((image) => repositoryOf(image).host === undefined);
  if (registry === undefined && unnamed.length > 0) {
    throw cliError('registry-needed', '--registry', 'these images name no registry', {
      found: unnamed.map(({ image }) => image).join(', '),
      expected: 'https://HOST',
      remedy: 'name the registry that your Docker pulls such images from, or a mirror of it',
    });
  }
  const defaultRegistry = registry === undefined ? '' : origin(registry);
  try {
    return await pinImages(wanted, { defaultRegistry });
  } catch (error) {
    if (error instanceof ZeroTrustError) {
      throw cliError(error.code, defaultRegistry, error.message, {
        remedy: 'see that the registry has this image, for everybody to pull',
      });
    }
    throw cliError('registry-unreachable', defaultRegistry, 'the registry was not asked', {
      found: reason(error),
      remedy: 'see that this machine has a way to it (HTTPS, proxy), and that the host is right',
    });
  }
}

/** What is said in clear text anybody on the way could have said; on this machine nobody is on the way. */
function origin(registry: string): string {
  const url = URL.canParse(registry) ? new URL(registry) : undefined;
  const isHere = url !== undefined && isIP(url.hostname) === 4 && url.hostname.startsWith('127.');
  if (url && url.pathname === '/' && (url.protocol === 'https:' || (url.protocol === 'http:' && isHere))) {
    return url.origin;
  }
  throw cliError('malformed-registry', '--registry', 'this is no address of a registry', {
    found: registry,
    expected: 'https://HOST, without a path',
    remedy: 'name the host alone; the names of the images are added to it',
  });
}

function read(file: string): PinnedImages {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw cliError('images-not-pinned', file, 'the file cannot be read', {
      found: reason(error),
      remedy: 'ztp images writes it',
    });
  }
  return compare(file, () => PINNED.parse(JSON.parse(text)));
}

function compare<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    const found = error instanceof ZeroTrustError ? error.message : 'it is no map of names to images';
    throw cliError('stale-images', file, 'these are not the images of this release', {
      found,
      remedy: 'ztp images writes the file anew',
    });
  }
}

function write(file: string, pinned: PinnedImages): void {
  try {
    writeFileSync(file, `${JSON.stringify(pinned, undefined, 2)}\n`);
  } catch (error) {
    throw cliError('file-not-written', file, 'the file cannot be written', { found: reason(error) });
  }
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  return cause === undefined || cause === '' ? error.message : `${error.message}: ${cause}`;
}
