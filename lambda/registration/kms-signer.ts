import { createHash } from 'node:crypto';
import { GetPublicKeyCommand, type KMSClient, SignCommand } from '@aws-sdk/client-kms';
import type { Signer } from '../../lib/authority/signer.js';
import { once, type RootKeys } from './known-roots.js';

/** The public keys of root keys of KMS, by their ARNs with commas in between. */
export function kmsRootKeys(kms: KMSClient, arns: string): RootKeys {
  return once(() => Promise.all(arns.split(',').map((arn) => kmsSigner(kms, arn).publicKey())));
}

/** A signer whose P-256 key never leaves KMS: `key` is its ARN, or an alias. */
export function kmsSigner(kms: KMSClient, key: string): Signer {
  return {
    algorithm: 'ES256',
    publicKey: async () => {
      const { PublicKey, KeySpec, KeyUsage } = await kms.send(new GetPublicKeyCommand({ KeyId: key }));
      if (!PublicKey || KeySpec !== 'ECC_NIST_P256' || KeyUsage !== 'SIGN_VERIFY') {
        throw new TypeError(`the key is ${KeySpec} for ${KeyUsage}, not ECC_NIST_P256 for SIGN_VERIFY`);
      }
      return PublicKey;
    },
    sign: async (bytes) => {
      const { Signature } = await kms.send(
        new SignCommand({
          KeyId: key,
          // KMS takes messages of up to 4096 bytes; a digest has always room.
          MessageType: 'DIGEST',
          Message: createHash('sha256').update(bytes).digest(),
          SigningAlgorithm: 'ECDSA_SHA_256',
        }),
      );
      if (!Signature) throw new TypeError('KMS gave no signature');
      return Signature;
    },
  };
}
