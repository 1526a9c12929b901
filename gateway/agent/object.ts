import { GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';

/** Milliseconds in which an object must be there. */
const PATIENCE = 10_000;

export interface ObjectAsked {
  readonly region: string;
  readonly bucket: string;
  readonly key: string;
  /** Bytes of the largest that is read. */
  readonly maxBytes: number;
  /** The tag of what is known already. */
  readonly etag?: string | undefined;
}

export interface ObjectFound {
  readonly bytes: Uint8Array;
  readonly etag: string | undefined;
}

/** Fetch an object; nothing if it is the one with that tag. Throws whatever keeps it from being read whole. */
export async function fetchObject({
  region,
  bucket,
  key,
  maxBytes,
  etag,
}: ObjectAsked): Promise<ObjectFound | undefined> {
  const client = new S3Client({ region });
  try {
    const { Body, ContentLength, ETag } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: key, ...(etag !== undefined && { IfNoneMatch: etag }) }),
      { abortSignal: AbortSignal.timeout(PATIENCE) },
    );
    if (ContentLength === undefined || ContentLength > maxBytes) {
      throw new RangeError(`it has ${ContentLength ?? 'unknown'} bytes, and ${maxBytes} are the most`);
    }
    return { bytes: (await Body?.transformToByteArray()) ?? new Uint8Array(), etag: ETag };
  } catch (error) {
    if (error instanceof S3ServiceException && error.$metadata.httpStatusCode === 304) return undefined;
    throw error;
  } finally {
    client.destroy();
  }
}
