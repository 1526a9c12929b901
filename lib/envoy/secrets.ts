import { extension } from './types.js';

/** A file for Envoy's SDS over the file system: one `DiscoveryResponse` with one secret. */
export interface SecretFile {
  readonly resources: readonly [
    { readonly '@type': string; readonly name: string; readonly [field: string]: unknown },
  ];
}

/**
 * The secret `server`: the workload's own certificate chain (leaf first) and key.
 *
 * Envoy reads both again when a file is moved into `watchedDirectory`. So that it never sees the key
 * of one certificate beside another, both paths lead through one symbolic link in that directory,
 * which is replaced by renaming.
 */
export function serverSecret(certificatePath: string, keyPath: string, watchedDirectory: string): SecretFile {
  return certificateSecret('server', certificatePath, keyPath, watchedDirectory);
}

/** The secret `edge`: what a gateway shows to clients; replaced in the same way. */
export function edgeSecret(certificatePath: string, keyPath: string, watchedDirectory: string): SecretFile {
  return certificateSecret('edge', certificatePath, keyPath, watchedDirectory);
}

/**
 * The secret `peers`: the roots of each trust domain, kept apart, so that the authority of one cannot
 * name the workloads of another.
 *
 * Envoy takes a secret again only if its own bytes changed, and never watches a bundle's file: a
 * changed bundle must have another path. With a `watched` file it is different: what is moved into that file's directory
 * has the secret taken again, and all bundles are read anew, if the file's bytes changed.
 */
export function peersSecret(
  bundles: Readonly<Record<string, string>>,
  watched?: { readonly file: string; readonly directory: string },
): SecretFile {
  const domains = Object.entries(bundles).sort(([a], [b]) => (a < b ? -1 : 1));
  return secret('peers', {
    validation_context: {
      // The validator below looks at its own bundles alone; this is the one field whose file Envoy watches.
      ...(watched && {
        trusted_ca: { filename: watched.file },
        watched_directory: { path: watched.directory },
      }),
      custom_validator_config: {
        name: 'envoy.tls.cert_validator.spiffe',
        typed_config: {
          '@type': extension('transport_sockets.tls.v3.SPIFFECertValidatorConfig'),
          trust_domains: domains.map(([name, filename]) => ({ name, trust_bundle: { filename } })),
        },
      },
    },
  });
}

/** A secret text: of the login's client, or what seals sessions. It is in the file itself, which nobody else may read. */
export function genericSecret(name: string, text: string): SecretFile {
  return secret(name, { generic_secret: { secret: { inline_string: text } } });
}

function certificateSecret(name: string, certificate: string, key: string, directory: string): SecretFile {
  return secret(name, {
    tls_certificate: {
      certificate_chain: { filename: certificate },
      private_key: { filename: key },
      watched_directory: { path: directory },
    },
  });
}

function secret(name: string, content: Readonly<Record<string, unknown>>): SecretFile {
  return { resources: [{ '@type': extension('transport_sockets.tls.v3.Secret'), name, ...content }] };
}
