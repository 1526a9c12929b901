import type { RefValues } from '../../lib/plan/refs.js';
import { type PointConfiguration, readConfiguration } from '../../lib/point/configuration.js';
import { knownRules } from '../../lib/point/rules.js';
import { AgentError } from './error.js';
import { fetchObject } from './object.js';
import type { Settings } from './settings.js';

/** Bytes of the largest configuration that is read: one with 10,000 rules has about 10 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Fetch the configuration that the task definition names. Whoever can write to the bucket can change
 * nothing: other bytes have another hash, and are not taken.
 */
export async function fetchConfiguration({
  bucket,
  key,
  hash,
  region,
}: Settings): Promise<PointConfiguration> {
  return readConfiguration(await bytesOf(bucket, key, region), hash);
}

/** With what only the deployment knows put into the rules, before they are compiled. Throws `missing-ref`. */
export function withValues(configuration: PointConfiguration, refs: RefValues): PointConfiguration {
  const { rules } = configuration;
  return rules ? { ...configuration, rules: knownRules(rules, refs) } : configuration;
}

async function bytesOf(bucket: string, key: string, region: string): Promise<Uint8Array> {
  try {
    const found = await fetchObject({ bucket, key, region, maxBytes: MAX_BYTES });
    return found?.bytes ?? new Uint8Array();
  } catch (error) {
    if (error instanceof RangeError)
      throw new AgentError('invalid-configuration', `${key}: ${error.message}`);
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new AgentError('configuration-unavailable', `${key} was not read from ${bucket}: ${why}`, 1);
  }
}
