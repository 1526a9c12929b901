import { createHash } from 'node:crypto';
import { ZeroTrustError } from '../diagnostic.js';
import { type Plan, PLAN_VERSION } from './plan.js';

/**
 * Where the plan of a deployment is, as a parameter of the deployment holds it. Whoever can write the object cannot
 * have another plan taken for it: its hash is here.
 */
export interface PlanRecord {
  readonly bucket: string;
  readonly key: string;
  /** Of the object's bytes, in hexadecimal. */
  readonly sha256: string;
}

/** Name of the parameter of a platform, below `/zero-trust/<trust domain>`. */
export function planParameter(trustDomain: string): string {
  return `/zero-trust/${trustDomain}/plan`;
}

/** A record from its text. Throws `ZeroTrustError` with the code `plan-record`. */
export function readPlanRecord(text: string): PlanRecord {
  const value = parsed(text);
  const { bucket, key, sha256 } =
    typeof value === 'object' && value !== null ? (value as Partial<PlanRecord>) : {};
  const isRecord = [bucket, key, sha256].every((member) => typeof member === 'string' && member !== '');
  if (isRecord && /^[0-9a-f]{64}$/.test(sha256!)) return { bucket: bucket!, key: key!, sha256: sha256! };
  throw new ZeroTrustError('plan-record', 'the text is no `{ "bucket", "key", "sha256" }`');
}

/**
 * A plan from its bytes, which are those of the hash. Throws `ZeroTrustError` with the code `plan-hash` for other
 * bytes, and `plan-version` for what is no plan of this major version.
 */
export function recordedPlan(text: string, sha256: string): Plan {
  const found = createHash('sha256').update(text).digest('hex');
  if (found !== sha256) throw new ZeroTrustError('plan-hash', `its SHA-256 is ${found}, not ${sha256}`);
  const plan = parsed(text);
  if (isPlan(plan)) return plan;
  throw new ZeroTrustError('plan-version', `it is no plan of version ${major(PLAN_VERSION)}`);
}

/** Whether a value is a plan of this major version. */
export function isPlan(value: unknown): value is Plan {
  if (typeof value !== 'object' || value === null) return false;
  return major((value as Partial<Plan>).version) === major(PLAN_VERSION);
}

/** The part of a version by which readers go. */
export function major(version: unknown): string | undefined {
  return String(version).split('.')[0];
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
