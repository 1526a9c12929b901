import { z } from 'zod';
import type { RefValues } from '../../lib/plan/refs.js';
import { AgentError } from './error.js';

/** Where a gateway's server certificate comes from; `self-made` is one that nobody vouches for, an opt-out. */
export type EdgeCertificateSource = { readonly secretArn: string } | 'self-made';

/** Where the secrets of one login are. */
export interface LoginSource {
  /** The client's secret: a text, or a field of JSON. */
  readonly client: { readonly secretArn: string; readonly field?: string };
  /** What seals sessions. */
  readonly session: { readonly secretArn: string };
}

/** Where the revocation document lies. */
export interface RevocationSource {
  readonly bucket: string;
  readonly key: string;
  /** Seconds without an answer after which nothing is admitted, because what is revoked is not known. */
  readonly outageSeconds: number;
}

/** What an agent is told by its container's environment. All of it is in the task definition. */
export interface Settings {
  readonly bucket: string;
  /** `<service>/<hash>`. */
  readonly key: string;
  /** The SHA-256 that the configuration must have, in hex. */
  readonly hash: string;
  readonly refs: RefValues;
  /** The ARN of the registration function's alias. */
  readonly registration: string;
  readonly region: string;
  /** The only folder that the agent and Envoy write to. */
  readonly volume: string;
  /** The loopback port of the health endpoint. */
  readonly healthPort: number;
  /** The Envoy program. */
  readonly envoy: string;
  /** Seconds for which Envoy goes on taking connections after SIGTERM; as many again for what is under way. */
  readonly drainSeconds: number;
  /** Absent: what was revoked when the plan was made, for good. */
  readonly revocations?: RevocationSource;
  /** Of a gateway. */
  readonly edge?: EdgeCertificateSource;
  /** Of a gateway, by the keys of the plan (`services/<name>/login`); absent where no browser signs in. */
  readonly logins?: Readonly<Record<string, LoginSource>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Read the settings. Throws `invalid-setting` for what is missing or malformed: nothing is assumed. */
export function readSettings(environment: Environment): Settings {
  const text = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw invalid(name, 'it is not set');
    return value;
  };
  const key = text('ZTP_CONFIGURATION_KEY');
  const hash = /^[a-z][-a-z0-9]*\/([0-9a-f]{64})$/.exec(key)?.[1];
  if (hash === undefined) throw invalid('ZTP_CONFIGURATION_KEY', 'it is not <service>/<SHA-256 in hex>');
  const revocations = environment['ZTP_REVOCATIONS_KEY'];
  const edge = environment['ZTP_EDGE_CERTIFICATE'];
  const logins = environment['ZTP_LOGINS'];
  return {
    bucket: text('ZTP_CONFIGURATION_BUCKET'),
    key,
    hash,
    refs: readRefs(text('ZTP_REFS')),
    registration: text('ZTP_REGISTRATION'),
    region: text('AWS_REGION'),
    volume: text('ZTP_VOLUME'),
    healthPort: integer('ZTP_HEALTH_PORT', text('ZTP_HEALTH_PORT'), 65_535),
    envoy: text('ZTP_ENVOY'),
    drainSeconds: integer('ZTP_DRAIN_SECONDS', text('ZTP_DRAIN_SECONDS'), 55),
    ...(revocations !== undefined && {
      revocations: {
        bucket: text('ZTP_REVOCATIONS_BUCKET'),
        key: text('ZTP_REVOCATIONS_KEY'),
        outageSeconds: integer('ZTP_REVOCATIONS_OUTAGE', text('ZTP_REVOCATIONS_OUTAGE'), 86_400),
      },
    }),
    ...(edge !== undefined && { edge: edge === 'self-made' ? edge : { secretArn: edge } }),
    ...(logins !== undefined && { logins: readLogins(logins) }),
  };
}

/** The port alone, for the health check. */
export function healthPort(environment: Environment): number {
  return integer('ZTP_HEALTH_PORT', environment['ZTP_HEALTH_PORT'] ?? '', 65_535);
}

function integer(name: string, text: string, max: number): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > max) throw invalid(name, `it is not 1 to ${max}`);
  return value;
}

const SECRET = z.string().startsWith('arn:');
const LOGINS = z.record(
  z.string().regex(/^services\/[a-z][-a-z0-9]*\/login$/),
  z.strictObject({
    client: z.strictObject({ secretArn: SECRET, field: z.string().min(1).optional() }),
    session: z.strictObject({ secretArn: SECRET }),
  }),
);

function readLogins(text: string): Readonly<Record<string, LoginSource>> {
  try {
    return LOGINS.parse(JSON.parse(text)) as Readonly<Record<string, LoginSource>>;
  } catch {
    throw invalid('ZTP_LOGINS', 'it is not a map of logins to the ARNs of their secrets');
  }
}

function readRefs(text: string): RefValues {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('ZTP_REFS', 'it is not JSON');
  }
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || !Object.values(value as object).every((item) => PRIMITIVES.has(typeof item))) {
    throw invalid('ZTP_REFS', 'it is not a map of refs to strings, numbers and booleans');
  }
  return value as RefValues;
}

const PRIMITIVES = new Set(['string', 'number', 'boolean']);

function invalid(name: string, why: string): AgentError {
  return new AgentError('invalid-setting', `${name}: ${why}`);
}
