import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { sealInForce, sealOf } from '../agent/login-secrets.js';
import { awsCall } from '../aws/call.js';

/** What Secrets Manager sends ("Lambda function for rotation", AWS Secrets Manager user guide). */
const EVENT = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string().startsWith('arn:'),
  ClientRequestToken: z.string().min(1),
});

/** Seconds until it seals: every gateway asks every five minutes, and all change at the same second. */
const LEAD = 900;
/** Bytes of randomness. */
const LENGTH = 48;

const VALUE = z.object({ SecretString: z.string() });
const STAGES = z.object({ VersionIdsToStages: z.record(z.string(), z.array(z.string())) });

/** Do one step. Setting and testing are nothing: nobody else has to know the secret. */
export async function rotate(event: unknown, region: string, now: Date): Promise<void> {
  const { Step, SecretId, ClientRequestToken: version } = EVENT.parse(event);
  const call = (action: string, more: object) =>
    awsCall({
      service: 'secretsmanager',
      region,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `secretsmanager.${action}`,
      },
      body: JSON.stringify({ SecretId, ...more }),
    });
  const stages = async () => STAGES.parse(await call('DescribeSecret', {})).VersionIdsToStages;
  if (Step === 'createSecret') {
    // A step that is tried again finds what it made.
    const isMade = await call('GetSecretValue', { VersionId: version, VersionStage: 'AWSPENDING' }).then(
      () => true,
      () => false,
    );
    if (isMade) return;
    const { SecretString } = VALUE.parse(await call('GetSecretValue', { VersionStage: 'AWSCURRENT' }));
    const next = {
      secret: randomBytes(LENGTH).toString('base64url'),
      from: Math.floor(now.getTime() / 1000) + LEAD,
      previous: sealInForce(sealOf(SecretString), now.getTime()),
    };
    await call('PutSecretValue', {
      ClientRequestToken: version,
      SecretString: JSON.stringify(next),
      VersionStages: ['AWSPENDING'],
    });
  }
  if (Step === 'finishSecret') {
    const current = Object.entries(await stages()).find(([, names]) => names.includes('AWSCURRENT'))?.[0];
    if (current === version) return;
    await call('UpdateSecretVersionStage', {
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: version,
      ...(current !== undefined && { RemoveFromVersionId: current }),
    });
  }
}
