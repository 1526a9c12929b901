import { tmpdir } from 'node:os';
import { basename } from 'node:path';

/** The temporary folder of this run of the tests, as jest's set-up made it (`test/run-folder.mjs`): what is in it was made in this run. */
export function runFolder(): string {
  const folder = tmpdir();
  if (!basename(folder).startsWith('ztp-run-'))
    throw new Error(`${folder} is no folder of a run of the tests`);
  return folder;
}
