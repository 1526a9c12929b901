import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import type { Context } from 'aws-lambda';
import { environmentValue, readConfiguration } from '../registration/configuration.js';
import { serviceEndpoint, whereabouts } from '../registration/endpoint.js';
import { kmsRootKeys, kmsSigner } from '../registration/kms-signer.js';
import { logLine } from '../registration/log.js';
import { ORIGIN } from '../registration/origin.js';
import { answer, type Result } from './answer.js';
import { bucketBundle } from './bundle-store.js';
import { parseEvent, type RootEvent } from './event.js';
import { updateBundle } from './root.js';

const configuration = readConfiguration();

/**
 * CloudFormation's custom resource that signs by the root key. An event says that something changed and
 * where to answer; what is signed is the public key that KMS returns for the deployed issuing key.
 */
export async function handler(event: unknown, context: Context): Promise<void> {
  const asked = parseEvent(event, ORIGIN);
  await answer(asked, 'trust-bundle', await carriedOut(asked, context));
}

async function carriedOut({ kind }: RootEvent, context: Context): Promise<Result> {
  // Nothing is undone: certificates that live still need their root.
  if (kind === 'Delete') return { status: 'SUCCESS', data: {} };
  try {
    const { region, account } = whereabouts(context.invokedFunctionArn);
    const kms = new KMSClient(serviceEndpoint('kms', region));
    const s3 = new S3Client({ ...serviceEndpoint('s3', region), forcePathStyle: ORIGIN !== undefined });
    const { platform, profiles } = configuration;
    const bundle = await updateBundle(
      {
        platform,
        profiles,
        root: kmsSigner(kms, environmentValue('ROOT_KEY')),
        issuing: kmsSigner(kms, environmentValue('ISSUING_KEY')),
        store: bucketBundle(s3, environmentValue('AUTHORITY_BUCKET'), account),
        rootKeys: kmsRootKeys(kms, environmentValue('ROOT_KEYS')),
        log: logLine,
      },
      new Date(),
    );
    return { status: 'SUCCESS', data: { Generations: String(bundle.generations.length) } };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    logLine({ event: 'root-failure', platform: configuration.platform, message: reason.slice(0, 1000) });
    return { status: 'FAILED', reason: reason.slice(0, 1000) };
  }
}
