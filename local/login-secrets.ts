import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { genericSecret } from '../lib/envoy/secrets.js';
import type { LoginNode, Plan } from '../lib/plan/plan.js';
import { readText, replaceFile, type StateFolder } from './files.js';

/** What a gateway and the identity provider know of one login, and nobody else. */
export interface LoginSecrets {
  /** Watched by Envoy. */
  readonly directory: string;
  /** The client's secret, for the identity provider. */
  readonly clientSecret: string;
  /** The same for Envoy, and what seals sessions: SDS files. */
  readonly client: string;
  readonly session: string;
}

/** Bytes of a secret. */
const LENGTH = 32;

export function loginSecrets(state: StateFolder, { key, issuer, clientId }: LoginNode): LoginSecrets {
  const directory = state.folder('logins', key.split('/')[1] ?? '');
  // Services may share a client, which has one secret.
  const client = createHash('sha256').update(`${issuer} ${clientId}`).digest('hex').slice(0, 16);
  return {
    directory,
    clientSecret: join(state.folder('clients'), client),
    client: join(directory, 'client.json'),
    session: join(directory, 'session.json'),
  };
}

/** Make the secrets of every login that has none. They stay as long as the state folder, and sessions with them. */
export function layLoginSecrets(state: StateFolder, plan: Plan): void {
  for (const { login } of Object.values(plan.services)) {
    if (!login) continue;
    const files = loginSecrets(state, login);
    if (!existsSync(files.clientSecret)) replaceFile(files.clientSecret, secret());
    const client = readFileSync(files.clientSecret, 'utf8');
    const known = sds('client', client);
    if (readText(files.client) !== known) replaceFile(files.client, known);
    if (!existsSync(files.session)) replaceFile(files.session, sds('session', secret()));
  }
}

/** Seal sessions by another secret from now on: whoever has a session signs in again. */
export function renewSessionSecret(path: string): void {
  replaceFile(path, sds('session', secret()));
}

function secret(): string {
  return randomBytes(LENGTH).toString('base64url');
}

function sds(name: 'client' | 'session', value: string): string {
  return `${JSON.stringify(genericSecret(name, value))}\n`;
}
