import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fact } from '../harness.js';
import { gzip, gzipOf, PeerBundles, PEERS } from './bundles.js';

/** What a bundle has when one feature after the other is added. */
const FEATURES: readonly (readonly [what: string, modules: readonly string[]])[] = [
  ['tokens, keys and their refreshing', ['token', 'claims', 'key-store', 'fetch-text']],
  ['and the policy, with what is revoked', ['policy-in-force', '../../lib/policy/decide']],
  ['and the cache, certificates and proofs', ['authorizer']],
  ['and the stores', ['revocation-store', 'replay']],
  ['and events, answers, the log and metrics: all', ['index']],
];

/** Bytes, gzip, of the bundle as it is deployed, of its parts, and of handlers with the peers. */
export async function sizes(): Promise<Fact[]> {
  const bundle = readFileSync(join(__dirname, '../../dist/lambda/authorizer/index.js'));
  const facts: Fact[] = [
    { what: 'bundle', subject: 'ours, as deployed', value: gzip(bundle), unit: 'B gzip' },
  ];
  const peers = new PeerBundles();
  for (const subject of PEERS) {
    facts.push({ what: 'bundle', subject, value: gzip(readFileSync(peers.path(subject))), unit: 'B gzip' });
  }
  peers.close();
  const modules: string[] = [];
  for (const [subject, added] of FEATURES) {
    modules.push(...added);
    facts.push({ what: 'feature by feature', subject, value: await gzipOf(modules), unit: 'B gzip' });
  }
  return facts;
}
