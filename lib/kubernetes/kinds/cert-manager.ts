import type { ObjectMetadata } from '../object.js';
import type { LabelSelector } from './core.js';

/** `cert-manager.io`. */
export type Certificate = {
  readonly apiVersion: 'cert-manager.io/v1';
  readonly kind: 'Certificate';
  readonly metadata: ObjectMetadata;
  readonly spec: CertificateSpec;
};

export interface CertificateSpec extends CertificateKey, CertificateLife {
  readonly secretName: string;
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly uris?: readonly string[];
  readonly usages: readonly ('digital signature' | 'server auth' | 'client auth')[];
  readonly issuerRef: IssuerRef;
}

export interface CertificateKey {
  readonly privateKey: {
    readonly algorithm: 'ECDSA';
    readonly size: 256;
    readonly rotationPolicy: 'Always';
  };
  readonly revisionHistoryLimit: number;
}

/** As Go writes durations. */
export interface CertificateLife {
  readonly duration: string;
  readonly renewBefore: string;
}

export interface IssuerRef {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

/** Of trust-manager. */
export type Bundle = {
  readonly apiVersion: 'trust.cert-manager.io/v1alpha1';
  readonly kind: 'Bundle';
  readonly metadata: ObjectMetadata;
  readonly spec: {
    readonly sources: readonly BundleSource[];
    readonly target: {
      readonly configMap: { readonly key: string };
      readonly namespaceSelector: LabelSelector;
    };
  };
};

export type BundleSource =
  | { readonly secret: { readonly name: string; readonly key: string } }
  | { readonly configMap: { readonly name: string; readonly key: string } };
