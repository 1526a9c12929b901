import type { Command } from 'commander';

export interface ImagesOptions {
  readonly file: string;
  readonly registry?: string;
  readonly check?: boolean;
}

export function configure(command: Command): void {
  command
    .description(
      'Write down what the tags of the base images of gateway and sidecars mean today:\na file with their digests, to be committed, which `pinnedImages` takes.',
    )
    .option('--registry <url>', 'where images are that name no registry: https://HOST')
    .option('--file <path>', 'the file with the digests', 'zero-trust-images.json')
    .option('--check', 'write nothing: fail if the file is missing or of other tags')
    .addHelpText(
      'after',
      `
The registry is the one that your Docker pulls such images from, or a mirror of
it. It is asked without credentials, and what it serves is hashed here.

With --check and --registry it also fails if a tag means another image by now;
with --check alone no registry is asked.

Examples:
  ztp images --registry https://HOST
  ztp images --check`,
    )
    .action(async (options: ImagesOptions) => {
      const { images } = await import('./images-run.js');
      process.stdout.write(await images(options));
    });
}
