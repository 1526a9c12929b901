/**
 * Reads the certificates by which API Gateway says who it is. To CloudFormation it is a custom resource that
 * gives their hashes, for the gateway to pin; to a schedule it writes how many days they have left.
 */
import type { Context } from 'aws-lambda';
import { logLine } from '../../lambda/registration/log.js';
import { environmentValue } from '../../lambda/registration/configuration.js';
import { CLIENT_CERTIFICATE } from '../agent/logged.js';
import { customResource } from '../aws/custom-resource.js';
import { readClientCertificate } from './certificate.js';
import { checkStep } from './step.js';

const none: Readonly<Record<string, string>> = {};

/** What the schedule sends; everything else is CloudFormation's. */
const CHECK = 'check';

export async function handler(event: unknown, context: Context): Promise<void> {
  const ids = environmentValue('CLIENT_CERTIFICATES').split(',');
  const region = environmentValue('AWS_REGION');
  if (isCheck(event)) {
    for (const id of ids) {
      const { daysLeft } = await readClientCertificate(id, region, new Date());
      logLine({ event: CLIENT_CERTIFICATE.event, id, [CLIENT_CERTIFICATE.value]: daysLeft });
    }
    return;
  }
  await customResource(event, context, 'client-certificates', async (kind) => {
    if (kind === 'Delete') return none;
    checkStep(event);
    const found = await Promise.all(ids.map((id) => readClientCertificate(id, region, new Date())));
    const [current, next] = found;
    if (!current || !next || found.length !== 2) throw new TypeError('there are not two certificates');
    return { Current: current.hash, Next: next.hash };
  });
}

function isCheck(event: unknown): boolean {
  return typeof event === 'object' && event !== null && 'kind' in event && event.kind === CHECK;
}
