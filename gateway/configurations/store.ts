import { PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { configurationHash } from '../../lib/point/configuration.js';
import { ORIGIN } from '../../lambda/registration/origin.js';

/** Objects written at once. */
const AT_ONCE = 16;

/** Write what is not there yet. Throws for a text whose key does not end in its hash. */
export async function storeConfigurations(
  bucket: string,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const client = new S3Client({ forcePathStyle: ORIGIN !== undefined });
  const waiting = Object.entries(texts);
  const worker = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await store(client, bucket, ...next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function store(client: S3Client, bucket: string, key: string, text: string): Promise<void> {
  if (!key.endsWith(`/${configurationHash(text)}`)) throw new TypeError(`${key} is not the hash of its text`);
  try {
    const ContentType = 'application/json';
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType, IfNoneMatch: '*' }),
    );
  } catch (error) {
    // It is there already, with these bytes: its name says so.
    if (!(error instanceof S3ServiceException) || error.$metadata.httpStatusCode !== 412) throw error;
  }
}
