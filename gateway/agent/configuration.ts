import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type PointConfiguration, readConfiguration } from '../../lib/point/configuration.js';
import { AgentError } from './error.js';
import type { Settings } from './settings.js';

/** Bytes of the largest configuration that is read: one with 10,000 rules has about 20 MB. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Fetch the configuration that the task definition names. Whoever can write to the bucket can change
 * nothing: other bytes have another hash, and are not taken.
 */
export async function fetchConfiguration({
  bucket,
  key,
  hash,
  region,
}: Settings): Promise<PointConfiguration> {
  return readConfiguration(await fetchObject(bucket, key, region), hash);
}

async function fetchObject(bucket: string, key: string, region: string): Promise<Uint8Array> {
  const client = new S3Client({ region });
  try {
    const { Body, ContentLength = 0 } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    if (ContentLength > MAX_BYTES) throw new AgentError('invalid-configuration', `${key} is too large`);
    return (await Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    if (error instanceof AgentError) throw error;
    const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new AgentError('configuration-unavailable', `${key} was not read from ${bucket}: ${why}`, 1);
  } finally {
    client.destroy();
  }
}
