import { type AwsEnvironment, type AwsRequest, signedHeaders } from '../lambda/authorizer/aws-request.js';
import { type FetchedText, fetchText } from '../lambda/authorizer/fetch-text.js';
import { cliError } from './error.js';

export type PlaceEnvironment = AwsEnvironment & {
  readonly AWS_ENDPOINT_URL?: string | undefined;
};

/** Milliseconds for one answer, and bytes of it: a plan of the largest model has some tens of megabytes. */
const TIMEOUT = 30_000;
const MAX_BYTES = 256 * 1024 * 1024;

/** One signed request of a command, with credentials from the environment. Throws `aws-unreachable`. */
export async function ask(request: AwsRequest, environment: PlaceEnvironment): Promise<FetchedText> {
  const { url, method, body } = request;
  if (!environment.AWS_REGION && !environment.AWS_ENDPOINT_URL) {
    throw cliError('aws-region', 'AWS_REGION', 'it is not known which region of AWS to ask', {
      expected: 'a region such as eu-central-1',
      remedy: 'set AWS_REGION, or name it by --region where the command has it',
    });
  }
  try {
    return await fetchText(url.href, {
      method,
      headers: signedHeaders(request, environment, new Date()),
      timeoutMilliseconds: TIMEOUT,
      maxBytes: MAX_BYTES,
      ...(body !== undefined && { body }),
    });
  } catch (error) {
    throw cliError('aws-unreachable', url.href, 'AWS was not asked', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'set AWS_REGION and credentials (ztp revoke --help), and look at the way to the endpoint',
    });
  }
}

/** What to throw when AWS answers, but not with what was asked for. */
export function refused(where: string, status: number, text: string, remedy: string) {
  return cliError('aws-refused', where, 'AWS does not do it', {
    found: `${status} ${text.replace(/\s+/g, ' ').slice(0, 300)}`,
    remedy,
  });
}
