import type { RootEvent } from './event.js';

/** Milliseconds for CloudFormation to take an answer. */
const TIMEOUT = 10_000;

export type Result =
  | { readonly status: 'SUCCESS'; readonly data: Readonly<Record<string, string | number>> }
  | { readonly status: 'FAILED'; readonly reason: string };

/**
 * Tell CloudFormation how it went. The physical id must never change: CloudFormation would else delete
 * what it takes for the old resource.
 */
export async function answer(event: RootEvent, physicalId: string, result: Result): Promise<void> {
  const body = JSON.stringify({
    Status: result.status,
    ...(result.status === 'FAILED' && { Reason: result.reason }),
    PhysicalResourceId: physicalId,
    StackId: event.stackId,
    RequestId: event.requestId,
    LogicalResourceId: event.logicalResourceId,
    ...(result.status === 'SUCCESS' && { Data: result.data }),
  });
  const response = await fetch(event.responseUrl, {
    method: 'PUT',
    body,
    // The address is signed for an empty content type.
    headers: { 'content-type': '' },
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!response.ok) throw new TypeError(`CloudFormation answered ${response.status}`);
}
