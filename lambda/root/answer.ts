import type { RootEvent } from './event.js';

/** The physical id never changes: CloudFormation would else delete what it takes for the old resource. */
const PHYSICAL_ID = 'trust-bundle';
/** Milliseconds for CloudFormation to take an answer. */
const TIMEOUT = 10_000;

export type Result =
  | { readonly status: 'SUCCESS'; readonly data: Readonly<Record<string, string>> }
  | { readonly status: 'FAILED'; readonly reason: string };

/** Tell CloudFormation how it went. */
export async function answer(event: RootEvent, result: Result): Promise<void> {
  const body = JSON.stringify({
    Status: result.status,
    ...(result.status === 'FAILED' && { Reason: result.reason }),
    PhysicalResourceId: PHYSICAL_ID,
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
