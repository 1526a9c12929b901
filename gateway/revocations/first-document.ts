import { GetObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { ORIGIN } from '../../lambda/registration/origin.js';
import { readRevocationDocument } from '../../lib/policy/revocation-document.js';

interface Place {
  readonly bucket: string;
  readonly key: string;
}

/**
 * Write a document where there is none, or an older one. Every write says what it takes the place of, so
 * that none that somebody else makes meanwhile is lost. Throws for a document that is there and not understood.
 */
export async function writeFirstDocument(place: Place, text: string): Promise<void> {
  const client = new S3Client({ forcePathStyle: ORIGIN !== undefined });
  const { version } = readRevocationDocument(text);
  if (await put(client, place, text, { IfNoneMatch: '*' })) return;
  const { Body, ETag } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: place.key }));
  const found = readRevocationDocument((await Body?.transformToString()) ?? '');
  if (found.version >= version || ETag === undefined) return;
  if (!(await put(client, place, text, { IfMatch: ETag }))) {
    throw new Error('another document was written at the same moment: deploy again');
  }
}

type Condition = { readonly IfNoneMatch: string } | { readonly IfMatch: string };

/** Whether it was written: not if the condition does not hold. */
async function put(client: S3Client, { bucket, key }: Place, text: string, condition: Condition) {
  try {
    const ContentType = 'application/json';
    await client.send(
      new PutObjectCommand({ Bucket: bucket, Key: key, Body: text, ContentType, ...condition }),
    );
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412) return false;
    throw error;
  }
}
