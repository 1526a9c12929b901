import { z } from 'zod';
import type { IssuerReference } from '../certificates.js';
import type { MeshServiceAccount } from '../mesh-options.js';
import { isSubdomain, LABEL } from '../names.js';

/**
 * Of options the types alone, for whoever writes JavaScript: what a value must be besides is checked where it is used. An
 * option that is missing and has an error of its own there is optional here.
 */
export type Members<Options> = Readonly<Record<keyof Options, z.ZodType>>;

export const text = z.string();
export const number = z.number();
export const texts = z.array(text);
export const numbers = z.array(number);
export const labels = z.record(text, text);
export const mode = z.enum(['sidecar', 'ambient']);

/** Of istiod: it is in names and in labels. */
export const revision = text.refine((name) => LABEL.test(name), 'invalid-revision');
export const clusterDomain = text.refine(isSubdomain, 'invalid-cluster-domain');

export const issuer = z.object({
  name: text,
  kind: text.optional(),
  group: text.optional(),
} satisfies Members<IssuerReference>);

export const serviceAccount = z.object({
  namespace: text,
  serviceAccount: text,
} satisfies Members<MeshServiceAccount>);
