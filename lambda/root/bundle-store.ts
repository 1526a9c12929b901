import { GetObjectCommand, NoSuchKey, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { BUNDLE_KEY } from '../registration/bundle-key.js';
import type { BundleStore } from './root.js';

/** The bundle in the authority's bucket, which must be of this account; earlier versions stay there. */
export function bucketBundle(s3: S3Client, bucket: string, account: string): BundleStore {
  const place = { Bucket: bucket, Key: BUNDLE_KEY, ExpectedBucketOwner: account };
  return {
    read: async () => {
      try {
        const { Body } = await s3.send(new GetObjectCommand(place));
        return await Body?.transformToString('utf8');
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    write: async (text) => {
      await s3.send(new PutObjectCommand({ ...place, Body: text, ContentType: 'application/json' }));
    },
  };
}
