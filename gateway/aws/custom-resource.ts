import type { Context } from 'aws-lambda';
import { ORIGIN } from '../../lambda/registration/origin.js';
import { answer, type Result } from '../../lambda/root/answer.js';
import { parseEvent, type RootEvent } from '../../lambda/root/event.js';

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
  await answer(asked, physicalId, await carriedOut(() => work(asked.kind, context)));
}

async function carriedOut(work: () => ReturnType<Work>): Promise<Result> {
  try {
    return { status: 'SUCCESS', data: await work() };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    return { status: 'FAILED', reason: reason.slice(0, 1000) };
  }
}
