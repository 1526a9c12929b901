import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatDiagnostic } from '../../lib/diagnostic.js';
import {
  ADMISSION_KINDS,
  checkForeignPolicies,
  checkGuards,
  isForeignKind,
  isOfGuard,
} from '../../lib/kubernetes/cluster/index.js';
import { CLOSED_KINDS, eachKind, GATEWAY_KINDS, routingKinds } from '../../lib/kubernetes/foreign-kinds.js';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import type { ApiServer } from './kubernetes-revocations.js';

/** The guards and policies as a real API server gives them back are those that were applied, for `ztp check --cluster`. Returns what was not so. */
export async function guardFaults(
  { url, token, ca }: ApiServer,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'guards-'));
  try {
    const authority = join(folder, 'ca.crt');
    writeFileSync(authority, ca);
    const place = ['--server', url, '--token', token, '--certificate-authority', authority];
    const all = async (names: readonly string[]) => {
      const what = ['get', names.join(','), '-A', '-o', 'json'];
      const { stdout } = await promisify(execFile)('kubectl', [...what, ...place], {
        env: { ...process.env, KUBECONFIG: join(folder, 'none') },
        maxBuffer: 1e8,
      });
      return (JSON.parse(stdout) as { readonly items: readonly KubernetesObject[] }).items;
    };
    const guards = await all(Object.values(ADMISSION_KINDS));
    const policies = objects.filter(isForeignKind);
    const found = await all(policyNames(policies));
    // Others are of the cases.
    const changed = checkForeignPolicies(policies, found).filter(({ code }) => code === 'policy-changed');
    return [
      ...(guards.length === 0 ? ['the server has no guards'] : []),
      ...(found.length < policies.length ? [`${policies.length - found.length} policies are not there`] : []),
      ...[...checkGuards(objects.filter(isOfGuard), guards), ...changed].map(formatDiagnostic),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Their kinds, as kubectl names them. */
function policyNames(policies: readonly KubernetesObject[]): readonly string[] {
  return eachKind([...CLOSED_KINDS, ...routingKinds(), ...GATEWAY_KINDS])
    .filter(({ kind, group }) =>
      policies.some((each) => each.kind === kind && each.apiVersion.startsWith(`${group}/`)),
    )
    .map(({ resource, group }) => `${resource}.${group}`);
}
