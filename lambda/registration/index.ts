import { ACMPCAClient } from '@aws-sdk/client-acm-pca';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import type { Context } from 'aws-lambda';
import { type Configuration, environmentValue, readConfiguration } from './configuration.js';
import { serviceEndpoint, type Whereabouts, whereabouts } from './endpoint.js';
import { parameterRecords } from './identity-records.js';
import { bucketStore, type IssuanceStore } from './issuance-store.js';
import { type LeafIssuer, signerIssuer } from './issuer.js';
import { kmsRootKeys, kmsSigner } from './kms-signer.js';
import { logLine } from './log.js';
import { ORIGIN } from './origin.js';
import { privateCaIssuer } from './private-ca.js';
import type { RegistrationAnswer } from './protocol.js';
import { register, type Registration } from './register.js';
import { whoSigned } from './sts.js';

const configuration = readConfiguration();
let registration: Registration | undefined;

/** The registration authority: a certificate for whoever STS says has signed the request. */
export async function handler(event: unknown, context: Context): Promise<RegistrationAnswer> {
  registration ??= made(whereabouts(context.invokedFunctionArn));
  return register(registration, event);
}

function made(where: Whereabouts): Registration {
  const { region, account } = where;
  // Only a stand-in for S3 needs the bucket in the path.
  const s3 = new S3Client({ ...serviceEndpoint('s3', region), forcePathStyle: ORIGIN !== undefined });
  const store = bucketStore(s3, environmentValue('AUTHORITY_BUCKET'), account);
  return {
    configuration,
    whereabouts: where,
    whoSigned,
    records: parameterRecords(new SSMClient(serviceEndpoint('ssm', region)), configuration.platform),
    store,
    issuer: issuer(configuration, store, region),
    log: logLine,
  };
}

function issuer({ platform, profiles }: Configuration, store: IssuanceStore, region: string): LeafIssuer {
  const arn = process.env['PRIVATE_CA_ARN'];
  if (arn !== undefined) {
    const alsoTrusted = (process.env['PRIVATE_CA_ALSO_TRUSTED'] ?? '').split(',').filter(Boolean);
    const client = new ACMPCAClient(serviceEndpoint('acm-pca', region));
    return privateCaIssuer(client, { arn, alsoTrusted, profile: profiles.workload });
  }
  const kms = new KMSClient(serviceEndpoint('kms', region));
  return signerIssuer({
    platform,
    profiles,
    store,
    signer: kmsSigner(kms, environmentValue('ISSUING_KEY')),
    rootKeys: kmsRootKeys(kms, environmentValue('ROOT_KEYS')),
  });
}
