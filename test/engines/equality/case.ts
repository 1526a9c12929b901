import { z } from 'zod';
import type { Json, JsonObject } from '../../../lib/policy/request.js';
import type { RevocationDocument } from '../../../lib/policy/revocation.js';
import type { PolicyParts } from './platform.js';

/**
 * One policy and one request, as plain JSON that means the same whenever it is tried: `{ "$now": n }`
 * stands for the second n seconds from now, `{ "$date": n }` for the same as an ISO 8601 instant, and
 * `{ "$thumbprint": name }` for the thumbprint of a client's certificate.
 */
export interface Case {
  readonly policy: PolicySpec;
  readonly request: RequestSpec;
}

/** `PolicyParts` and `Revocation`s, with the above in place of instants. */
export interface PolicySpec {
  readonly parts: JsonObject;
  readonly revocations: readonly Json[];
}

export interface RequestSpec {
  /** `behindEdge`: a gateway before which an edge judges what hangs on the client's own connection. */
  readonly point: 'gateway' | 'behindEdge' | 'sidecar';
  readonly http: 1 | 2;
  /** Of a sidecar: who calls, `gateway` or a service. Of a gateway: whose certificate is shown, or `none`. */
  readonly peer: string;
  /** The address that the connection comes from. */
  readonly source: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** Header lines in their order; a value is text, or an `Authorization` with a token in it. */
  readonly headers: readonly (readonly [name: string, value: string | BearerSpec])[];
}

export interface BearerSpec {
  readonly before: string;
  readonly token: TokenSpec;
  readonly after?: string;
}

export interface TokenSpec {
  /** Whose key signs, and which of its keys. */
  readonly signer: string;
  readonly key: number;
  readonly header: JsonObject;
  readonly claims: JsonObject;
  /** Replacements in the JSON text of the claims, to write what is no good JSON. */
  readonly edits?: readonly (readonly [from: string, to: string])[];
  /** Bytes that the compact token is padded to, by a claim. */
  readonly bytes?: number;
  readonly tampering?: 'signature' | 'payload' | 'no-signature';
}

const json: z.ZodType<Json> = z.json();
const object = z.record(z.string(), json);
const bearer = z.strictObject({
  before: z.string(),
  token: z.strictObject({
    signer: z.string(),
    key: z.int(),
    header: object,
    claims: object,
    edits: z.array(z.tuple([z.string(), z.string()])).optional(),
    bytes: z.int().optional(),
    tampering: z.enum(['signature', 'payload', 'no-signature']).optional(),
  }),
  after: z.string().optional(),
});
const schema = z.strictObject({
  policy: z.strictObject({ parts: object, revocations: z.array(json) }),
  request: z.strictObject({
    point: z.enum(['gateway', 'behindEdge', 'sidecar']),
    http: z.union([z.literal(1), z.literal(2)]),
    peer: z.string(),
    source: z.string(),
    method: z.string(),
    path: z.string(),
    host: z.string(),
    headers: z.array(z.tuple([z.string(), z.union([z.string(), bearer])])),
  }),
});

/** A case that was cut down, if it still is one. */
export function asCase(value: Json): Case | undefined {
  const result = schema.safeParse(value);
  return result.success ? result.data : undefined;
}

/** What the placeholders of a case stand for. */
export interface Instant {
  /** Whole seconds since the epoch. */
  readonly now: number;
  readonly thumbprint: (name: string) => string;
}

/** Put in what the placeholders stand for. */
export function materialize(value: Json, instant: Instant): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: Json) => materialize(item, instant));
  const object = value as JsonObject;
  const { $now, $date, $thumbprint } = object;
  if (typeof $now === 'number') return instant.now + $now;
  if (typeof $date === 'number') return new Date((instant.now + $date) * 1000).toISOString();
  if (typeof $thumbprint === 'string') return instant.thumbprint($thumbprint);
  return Object.fromEntries(Object.entries(object).map(([name, item]) => [name, materialize(item, instant)]));
}

/** The parts of a policy at an instant. */
export function partsOf({ parts }: PolicySpec, instant: Instant): PolicyParts {
  return materialize(parts, instant) as unknown as PolicyParts;
}

/** The revocations of a policy at an instant. */
export function revocationsOf({ revocations }: PolicySpec, instant: Instant): RevocationDocument {
  return {
    version: 1,
    entries: materialize(revocations, instant) as unknown as RevocationDocument['entries'],
  };
}
