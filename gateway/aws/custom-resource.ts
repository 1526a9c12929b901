import type { Context } from 'aws-lambda';
import { ORIGIN } from '../../lambda/registration/origin.js';
import { parseEvent, type RootEvent } from '../../lambda/root/event.js';

/** Milliseconds for CloudFormation to take an answer. */
const TIMEOUT = 10_000;

/** What a custom resource does with an event; its properties are never read. Returns its attributes. */
export type Work = (
  kind: RootEvent['kind'],
  context: Context,
) => Promise<Readonly<Record<string, string | number>>>;

/**
 * Carry out one event of CloudFormation and tell it how that went. The physical id never changes:
 * CloudFormation would else delete what it takes for the old resource.
 */
export async function customResource(
  event: unknown,
  context: Context,
  physicalId: string,
  work: Work,
): Promise<void> {
  const asked = parseEvent(event, ORIGIN);
  let result: object;
  try {
    result = { Status: 'SUCCESS', Data: await work(asked.kind, context) };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    result = { Status: 'FAILED', Reason: reason.slice(0, 1000) };
  }
  const body = JSON.stringify({
    ...result,
    PhysicalResourceId: physicalId,
    StackId: asked.stackId,
    RequestId: asked.requestId,
    LogicalResourceId: asked.logicalResourceId,
  });
  const response = await fetch(asked.responseUrl, {
    method: 'PUT',
    body,
    // The address is signed for an empty content type.
    headers: { 'content-type': '' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!response.ok) throw new TypeError(`CloudFormation answered ${response.status}`);
}

/** A value of the function's environment. Throws if it is missing: nothing is assumed. */
export function environmentValue(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '') throw new TypeError(`${name} is not set`);
  return value;
}
