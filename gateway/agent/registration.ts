import type { KeyObject } from 'node:crypto';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { registrationRequest } from '../../lambda/registration/attest.js';
import {
  type IssuedAnswer,
  REFUSAL_CODES,
  type RegistrationAnswer,
} from '../../lambda/registration/protocol.js';
import { AgentError } from './error.js';

/** Who certifies a workload's key. */
export interface RegistrationAuthority {
  /** Certify a key for this platform. Throws `AgentError`. */
  register(privateKey: KeyObject, platform: string): Promise<IssuedAnswer>;
}

const ANSWER = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('issued'),
    certificates: z.string(),
    notAfter: z.string(),
    roots: z.string(),
  }),
  z.object({
    kind: z.literal('refused'),
    code: z.enum(REFUSAL_CODES),
    message: z.string(),
    retryAfterSeconds: z.number().nonnegative().optional(),
  }),
]);

/** Seconds after which a call that did not arrive is made again, at the soonest. */
const AGAIN = 1;

/** The authority as a function, invoked and attested with the task's own credentials. */
export function registrationFunction(arn: string, region: string): RegistrationAuthority {
  // Whoever calls repeats, each time with an attestation of its own.
  const client = new LambdaClient({ region, maxAttempts: 1 });
  return {
    register: async (privateKey, platform) => {
      const { accessKeyId, secretAccessKey, sessionToken } = await client.config.credentials();
      if (sessionToken === undefined) {
        throw new AgentError('no-task-role', 'the credentials are not those of a task role');
      }
      const credentials = { accessKeyId, secretAccessKey, sessionToken };
      const request = await registrationRequest(privateKey, { credentials, region, platform });
      const { Payload, FunctionError } = await invoke(client, arn, request);
      if (FunctionError !== undefined) {
        throw new AgentError(
          'registration-failed',
          `the registration function failed: ${FunctionError}`,
          AGAIN,
        );
      }
      const answer = read(Payload?.transformToString() ?? '');
      if (answer.kind === 'issued') return answer;
      throw new AgentError(answer.code, answer.message, answer.retryAfterSeconds);
    },
  };
}

function read(text: string): RegistrationAnswer {
  try {
    return ANSWER.parse(JSON.parse(text)) as RegistrationAnswer;
  } catch {
    throw new AgentError('malformed-answer', 'the registration function answers in another form');
  }
}

async function invoke(client: LambdaClient, arn: string, request: object) {
  try {
    return await client.send(new InvokeCommand({ FunctionName: arn, Payload: JSON.stringify(request) }));
  } catch (error) {
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new AgentError(
      'registration-unreachable',
      `the registration function was not reached: ${why}`,
      AGAIN,
    );
  }
}
