import { z } from 'zod';
import {
  certificates,
  checkOptions,
  clusterDomain,
  labels,
  type Members,
  ownGuard,
  ownNetwork,
  revision,
  visibility,
  workloads,
} from '../../../lib/kubernetes/schemas/index.js';
import type { ZeroTrustPlatformProps } from '../platform.js';
import type { PartProps } from './part.js';

const common = z.object({
  plan: z.unknown(),
  labels: labels.optional(),
} satisfies Members<PartProps>);

/** Of every part; its own options are checked where its objects are made. */
export function checkPartProps(props: unknown): void {
  checkOptions(common, props);
}

/**
 * Props of the platform that hold the options of one part, each the part's own ones alone: what several parts must know alike is
 * said once, beside them, and `unknown-key` here.
 */
const PARTS = {
  guard: ownGuard.strict() satisfies z.ZodObject<Members<ZeroTrustPlatformProps['guard']>>,
  network: ownNetwork.strict() satisfies z.ZodObject<Members<NonNullable<ZeroTrustPlatformProps['network']>>>,
  certificates: certificates.omit({ revision: true }).strict() satisfies z.ZodObject<
    Members<NonNullable<ZeroTrustPlatformProps['certificates']>>
  >,
  visibility: visibility
    .omit({ mode: true, certificates: true, gatewayNamespace: true, isGatewayMade: true })
    .strict() satisfies z.ZodObject<Members<NonNullable<ZeroTrustPlatformProps['visibility']>>>,
};

export type PartProp = keyof typeof PARTS;

/** Whether the platform has this option of a part in the prop of the part. */
export function isIn(prop: PartProp, option: string): boolean {
  return Object.hasOwn(PARTS[prop].shape, option);
}

const platform = workloads.extend({
  // What is wrong with a model is said in words of its own.
  model: z.unknown(),
  guard: PARTS.guard.optional(),
  revision: revision.optional(),
  clusterDomain: clusterDomain.optional(),
  labels: labels.optional(),
  network: PARTS.network.optional(),
  certificates: PARTS.certificates.optional(),
  visibility: PARTS.visibility.optional(),
} satisfies Members<Omit<ZeroTrustPlatformProps, keyof typeof workloads.shape>>);

export function checkPlatformProps(props: unknown): void {
  checkOptions(platform, props);
}
