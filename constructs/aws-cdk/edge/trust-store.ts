import { Token } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import { CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { ConstructError } from '../support/error.js';

/** Client certificates at the edge. */
export interface MutualTls {
  /** A versioned bucket. */
  readonly bucket: IBucket;
  /** PEM with the authorities that are trusted; a private one, as public ones no longer certify clients. */
  readonly key: string;
  /** The version of the object: without one, whoever can write the bucket decides who is trusted. */
  readonly version: string;
  /**
   * A public certificate of AWS Certificate Manager for the host, which proves that it is yours: API Gateway asks for one
   * where the domain's own was imported or is of a private authority.
   * @default none: the domain's certificate is a public one of AWS Certificate Manager
   */
  readonly ownership?: ICertificate;
}

/** Throws unless the trust store is one version of one object, which nobody can write again. */
export function checkTrustStore(scope: Construct, { bucket, key, version }: MutualTls): void {
  const versioned = isVersioned(bucket);
  if (isNamed(key) && isNamed(version) && version !== UNVERSIONED && versioned) return;
  throw new ConstructError(scope, {
    code: 'trust-store-version',
    message: 'the trust store is not fixed to one version of one object',
    prop: 'domain.mutualTls',
    found: JSON.stringify({ bucket: bucket?.node.path ?? 'none', key, version, versioned }),
    expected: 'a versioned bucket, a key and a version id',
    remedy: 'Give the version id that the upload returned; the bucket must be versioned.',
  });
}

/** What S3 calls the one version that is written over ("Adding objects to versioning-suspended buckets", Amazon S3 User Guide). */
const UNVERSIONED = 'null';

/** Whoever writes JavaScript may have left it out. */
function isNamed(text: string | undefined): boolean {
  return typeof text === 'string' && text !== '';
}

/** Of a bucket that is not made here the deployment finds out; one that is suspended gives no new versions. */
function isVersioned(bucket: IBucket | undefined): boolean {
  if (!bucket) return false;
  const made = bucket.node.defaultChild;
  if (!(made instanceof CfnBucket)) return true;
  const { versioningConfiguration: found } = made;
  if (found === undefined) return false;
  return Token.isUnresolved(found) || !('status' in found) || found.status !== 'Suspended';
}
