import { z } from 'zod';
import type { CertificateOptions, RootSource } from '../certificates.js';
import { issuer, type Members, revision, serviceAccount, text } from './parts.js';

const root = z.object({
  kind: z.enum(['Secret', 'ConfigMap']),
  name: text,
  key: text,
} satisfies Members<RootSource>);

export const certificates = z.object({
  issuer: issuer.partial().optional(),
  roots: z.array(root).optional(),
  driverIssuer: issuer.optional(),
  namespace: text.optional(),
  certManager: serviceAccount.optional(),
  trustManager: serviceAccount.optional(),
  revision: revision.optional(),
  gatewayIssuer: issuer.optional(),
  gatewayNamespace: text.optional(),
} satisfies Members<CertificateOptions>);
