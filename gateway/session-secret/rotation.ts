import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Seal, sealInForce, sealOf } from '../agent/login-secrets.js';
import { Versions } from './versions.js';

/** What Secrets Manager sends ("Lambda function for rotation", AWS Secrets Manager user guide). */
const EVENT = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string().startsWith('arn:'),
  ClientRequestToken: z.string().min(1),
});

/** Seconds until it seals: every gateway asks every five minutes, and all change at the same second. */
const LEAD = 900;
/** Of them those that must be left when gateways can read it first: two looks, of which one may fail. */
const LEAST = 600;
/** Bytes of randomness. */
const LENGTH = 48;

/** Do one step. Setting and testing are nothing: nobody else has to know the secret. */
export async function rotate(event: unknown, region: string, now: Date): Promise<void> {
  const { Step, SecretId, ClientRequestToken: version } = EVENT.parse(event);
  const versions = new Versions(SecretId, region);
  if (Step === 'createSecret') await create(versions, version, now.getTime());
  if (Step === 'finishSecret') await finish(versions, version, now.getTime());
}

async function create(versions: Versions, version: string, now: number): Promise<void> {
  // A step that is tried again finds what it made.
  if ((await versions.pending(version)) !== undefined) return;
  const current = sealOf(await versions.current());
  if (!isToCome(current, now)) await versions.put(version, next(current, now), 'AWSPENDING');
}

/**
 * Gateways must read a seal well before it is in force, or they would change one after the other, and sessions would be
 * good at some of them. What was made waits here, for how long Secrets Manager says: where too little is left, another is
 * made in its place, under a name of its own, as a version cannot be written twice.
 */
async function finish(versions: Versions, version: string, now: number): Promise<void> {
  if (await versions.is(version, 'AWSCURRENT')) return;
  const current = sealOf(await versions.current());
  // Two rotations at once are one: gateways that know only the first change to it all the same.
  if (!isToCome(current, now)) {
    const waiting = await versions.pending(version);
    if (waiting !== undefined && follows(sealOf(waiting), current, now)) return versions.makeCurrent(version);
    await versions.put(randomUUID(), next(current, now), 'AWSCURRENT');
  }
  await versions.drop(version);
}

/** The text of another seal, after the one that is in force now. */
function next(current: Seal, now: number): string {
  return JSON.stringify({
    secret: randomBytes(LENGTH).toString('base64url'),
    from: Math.floor(now / 1000) + LEAD,
    previous: sealInForce(current, now),
  });
}

/** Whether gateways change to it at an instant that is still to come. */
function isToCome({ from = 0 }: Seal, now: number): boolean {
  return from * 1000 > now;
}

/** Whether all gateways read it in time, and go on with what they have until then: not with what somebody replaced meanwhile. */
function follows({ from = 0, previous }: Seal, current: Seal, now: number): boolean {
  return from * 1000 - now >= LEAST * 1000 && previous === sealInForce(current, now);
}
