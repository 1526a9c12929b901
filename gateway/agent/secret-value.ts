import { z } from 'zod';
import { awsCall } from '../aws/call.js';

const ANSWER = z.object({ SecretString: z.string() });

/** The text of a secret of Secrets Manager, as it is now. Throws with the service's status, and never quotes anything. */
export async function secretValue(secretArn: string, region: string): Promise<string> {
  const answer = await awsCall({
    service: 'secretsmanager',
    region,
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'secretsmanager.GetSecretValue',
    },
    body: JSON.stringify({ SecretId: secretArn }),
  });
  return ANSWER.parse(answer).SecretString;
}
