import { z } from 'zod';
import { ZeroTrustError } from '../../lib/diagnostic.js';
import { SIGNATURE_ALGORITHMS } from '../../lib/model/identity.js';
import type { Plan } from '../../lib/plan/plan.js';
import { readConfig } from '../part.js';

/** Where one issuer of the plan is served, and what the plan leaves open. */
const listenerSchema = z.strictObject({
  /** In 127.0.0.0/8: a provider that asks for no password is for this machine alone. */
  address: z.ipv4(),
  /** 0 takes any free port; the ready line says which. */
  port: z.int().min(0).max(65_535),
  /** PEM files of a certificate for the host of the issuer and of its `jwksUri`. */
  certificate: z.string(),
  key: z.string(),
  /** The folder in which a renewal renames something. @default the certificate is read once */
  watchedDirectory: z.string().optional(),
  /** One of the issuer's algorithms. @default ES256 if it is among them, else the first */
  algorithm: z.enum(SIGNATURE_ALGORITHMS).optional(),
  /** How scopes are written: `"a b"` or `["a", "b"]`. @default 'string' */
  scopes: z.enum(['string', 'list']).default('string'),
});

/** The client of a gateway's login. */
const loginSchema = z.strictObject({
  /** The file with its secret. */
  secret: z.string(),
  /** Where browsers have the service; they are sent back nowhere else. */
  origins: z.array(z.url()).min(1),
});

/** The file that `--config` names. Paths are absolute. */
const identityConfigSchema = z.strictObject({
  /** The plan's file. */
  plan: z.string(),
  /** The people; see `users.ts`. @default there are none */
  users: z.string().optional(),
  /** The folder with the signing keys; nobody else may enter it. */
  state: z.string(),
  /** A UNIX socket that takes commands; see `main.ts`. @default none */
  control: z.string().optional(),
  /** Where browsers may be sent back to, besides `http://127.0.0.1/callback` and `http://localhost/callback` on any port. */
  redirectUris: z.array(z.url()).default([]),
  /** Every issuer of the plan, by its name there. */
  issuers: z.record(z.string(), listenerSchema),
  /** Of each service of the plan with a login, by its name. */
  logins: z.record(z.string(), loginSchema).default({}),
});

export type LoginConfig = z.output<typeof loginSchema>;
export type ListenerConfig = z.output<typeof listenerSchema>;
export type IdentityConfig = z.output<typeof identityConfigSchema>;

/** Read the file. Throws `invalid-config`, and `not-loopback` for an address that others could reach. */
export function readIdentityConfig(path: string): IdentityConfig {
  const config = readConfig(path, identityConfigSchema);
  for (const [name, { address }] of Object.entries(config.issuers)) {
    if (!address.startsWith('127.')) {
      throw new ZeroTrustError('not-loopback', `issuers.${name}.address: ${address} is not in 127.0.0.0/8`);
    }
  }
  return config;
}

/** The listener of each issuer of the plan. Throws `invalid-config` unless they are exactly the plan's. */
export function listenersOf(config: IdentityConfig, plan: Plan): Map<string, ListenerConfig> {
  const listeners = new Map(Object.entries(config.issuers));
  const unknown = [...listeners.keys()].filter((name) => !Object.hasOwn(plan.issuers, name));
  const missing = Object.keys(plan.issuers).filter((name) => !listeners.has(name));
  if (unknown.length + missing.length > 0) {
    const found = [
      ...unknown.map((name) => `${name} is not in the plan`),
      ...missing.map((name) => `${name} is missing`),
    ];
    throw new ZeroTrustError('invalid-config', `issuers: ${found.join('; ')}`);
  }
  return listeners;
}
