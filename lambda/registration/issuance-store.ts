import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { BUNDLE_KEY, ISSUED } from './bundle-key.js';
import { Refusal } from './refusal.js';

/** One issuance, as the bucket and the log have it. */
export interface Issuance {
  readonly point: string;
  readonly spiffeId: string;
  readonly serial: string;
  /** ISO 8601, UTC. */
  readonly notAfter: string;
  readonly roleId: string;
  readonly session: string;
  readonly keyHash: string;
}

/** Who asks, in which stretch of time; a limit counts within one. */
export interface Asking {
  readonly point: string;
  readonly session: string;
  /** Number of the leaf's life since the epoch in which the attestation was signed. */
  readonly window: number;
}

export interface IssuanceLimits {
  /** Certificates that one task gets within one life of a leaf. */
  readonly perTask: number;
  /** Certificates that one identity gets within one life of a leaf, at most 1000. */
  readonly perIdentity: number;
}

export interface IssuanceStore {
  /** The text of the trust bundle. */
  bundle(): Promise<string>;
  /** Throws `issuance-rate` once a task or an identity has had its share. */
  checkLimits(asking: Asking, limits: IssuanceLimits): Promise<void>;
  /** Record an issuance before it is handed out. Throws `replayed-attestation` if this attestation has one. */
  record(asking: Asking, attestation: string, issuance: Issuance): Promise<void>;
}

/** A store in the authority's bucket, which must be of this account. */
export function bucketStore(s3: S3Client, bucket: string, account: string): IssuanceStore {
  const place = { Bucket: bucket, ExpectedBucketOwner: account };
  return {
    bundle: async () => {
      const { Body } = await s3.send(new GetObjectCommand({ ...place, Key: BUNDLE_KEY }));
      return (await Body?.transformToString('utf8')) ?? '';
    },
    checkLimits: async (asking, { perTask, perIdentity }) => {
      const { Contents = [], IsTruncated } = await s3.send(
        new ListObjectsV2Command({ ...place, Prefix: prefix(asking), MaxKeys: perIdentity }),
      );
      if (IsTruncated || Contents.length >= perIdentity) {
        throw new Refusal('issuance-rate', `${asking.point} has had ${perIdentity} certificates`);
      }
      const own = Contents.filter(({ Key = '' }) => Key.startsWith(`${prefix(asking)}${asking.session}/`));
      if (own.length >= perTask) {
        throw new Refusal(
          'issuance-rate',
          `${asking.point}, ${asking.session} has had ${perTask} certificates`,
        );
      }
    },
    record: async (asking, attestation, issuance) => {
      const Key = `${prefix(asking)}${asking.session}/${attestation}.json`;
      const Body = JSON.stringify(issuance);
      try {
        await s3.send(
          new PutObjectCommand({
            ...place,
            Key,
            Body,
            ContentType: 'application/json',
            // The same attestation has the same key, and the first one wins.
            IfNoneMatch: '*',
          }),
        );
      } catch (error) {
        // 409 tells of another writer of the same key at the same time.
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
        if (status !== 412 && status !== 409) throw error;
        throw new Refusal('replayed-attestation', 'this attestation was used before');
      }
    },
  };
}

function prefix({ point, window }: Asking): string {
  return `${ISSUED}/${point}/${window}/`;
}
