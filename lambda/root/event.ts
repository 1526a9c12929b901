import { z } from 'zod';

/**
 * What is read of CloudFormation's event: what happens, and where to answer. `ResourceProperties` is
 * not here on purpose: whoever can invoke the function can write an event, so nothing that is signed
 * may come from one.
 */
export interface RootEvent {
  readonly kind: 'Create' | 'Update' | 'Delete';
  readonly stackId: string;
  readonly requestId: string;
  readonly logicalResourceId: string;
  readonly responseUrl: URL;
}

const ID = z.string().min(1).max(2048);

const EVENT = z.object({
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  StackId: ID,
  RequestId: ID,
  LogicalResourceId: ID,
  ResponseURL: z.url().max(8192),
});

/** CloudFormation's own buckets for answers, in the region that it runs in. */
const ANSWER_HOST =
  /^cloudformation-custom-resource-response-[a-z0-9]+\.s3(?:[.-][a-z0-9-]+)?\.amazonaws\.(?:com|com\.cn|eu)$/;

/** Read an event. Throws for another form, and for an answer that would go anywhere but to CloudFormation. */
export function parseEvent(event: unknown, origin?: string): RootEvent {
  const { RequestType, StackId, RequestId, LogicalResourceId, ResponseURL } = EVENT.parse(event);
  const responseUrl = new URL(ResponseURL);
  if (origin === undefined && (responseUrl.protocol !== 'https:' || !ANSWER_HOST.test(responseUrl.host))) {
    throw new TypeError(`${responseUrl.host} is not where CloudFormation takes answers`);
  }
  return {
    kind: RequestType,
    stackId: StackId,
    requestId: RequestId,
    logicalResourceId: LogicalResourceId,
    responseUrl,
  };
}
