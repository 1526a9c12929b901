import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatDiagnostic } from '../../lib/diagnostic.js';
import { ADMISSION_KINDS, checkGuards, isOfGuard } from '../../lib/kubernetes/cluster/index.js';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import type { ApiServer } from './kubernetes-revocations.js';

/** The guards as a real API server gives them back are those that were applied, for `ztp check --cluster`. Returns what was not so. */
export async function guardFaults(
  { url, token, ca }: ApiServer,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'guards-'));
  try {
    const authority = join(folder, 'ca.crt');
    writeFileSync(authority, ca);
    const place = ['--server', url, '--token', token, '--certificate-authority', authority];
    const what = ['get', Object.values(ADMISSION_KINDS).join(','), '-o', 'json'];
    const { stdout } = await promisify(execFile)('kubectl', [...what, ...place], {
      env: { ...process.env, KUBECONFIG: join(folder, 'none') },
      maxBuffer: 1e8,
    });
    const { items } = JSON.parse(stdout) as { readonly items: readonly KubernetesObject[] };
    const faults = checkGuards(objects.filter(isOfGuard), items).map(formatDiagnostic);
    return items.length === 0 ? ['the server has no guards', ...faults] : faults;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
