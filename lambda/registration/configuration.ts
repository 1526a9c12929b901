import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const PROFILE = z.strictObject({
  lifetimeSeconds: z.int().positive(),
  keyUsage: z.array(z.enum(['digitalSignature', 'keyCertSign', 'cRLSign'])),
  extendedKeyUsage: z.array(z.enum(['serverAuth', 'clientAuth'])),
});

const CONFIGURATION = z.strictObject({
  platform: z.string().min(1),
  profiles: z.strictObject({ root: PROFILE, issuing: PROFILE, workload: PROFILE, edge: PROFILE }),
  /** SPIFFE IDs by the key of the point. */
  identities: z.record(z.string(), z.string()),
  limits: z.strictObject({
    perTask: z.int().positive(),
    perIdentity: z.int().positive().max(1000),
  }),
});

/** What a function is deployed with as part of its code: nothing of it can be changed without new code. */
export type Configuration = z.infer<typeof CONFIGURATION>;

/** The file beside the bundle. */
export const CONFIGURATION_FILE = 'authority.json';

export function readConfiguration(folder = __dirname): Configuration {
  return CONFIGURATION.parse(JSON.parse(readFileSync(join(folder, CONFIGURATION_FILE), 'utf8')));
}

/** A value of the function's environment. Throws if it is missing: nothing is assumed. */
export function environmentValue(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new TypeError(`${name} is not set`);
  return value;
}
