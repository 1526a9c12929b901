import { z } from 'zod';
import { OPENABLE } from '../foreign-kinds.js';
import type { OpenKind } from '../guards/foreign-policy.js';
import type { Deployers, GuardOptions } from '../guards/index.js';
import type { WorkloadsOptions } from '../workloads.js';
import { certificates } from './certificates.js';
import { type Members, revision, text, texts } from './parts.js';
import { workloads } from './workloads.js';

const deployers = z.object({
  users: texts.optional(),
  groups: texts.optional(),
} satisfies Members<Deployers>);

const openKind = z.object({
  kind: z.enum(OPENABLE),
  reason: text.optional(),
} satisfies Members<OpenKind>);

/** What the guard leaves to others, for whoever else must know it. */
export const opened = z.object({ openKinds: z.array(openKind).optional() });

/** What is the guard's alone. */
export const ownGuard = z.object({
  deployers: deployers.optional(),
  proxyImage: text.optional(),
  formerProxyImages: texts.optional(),
  images: z.record(text, texts).optional(),
  revokers: deployers.optional(),
  ...opened.shape,
} satisfies Members<Omit<GuardOptions, keyof WorkloadsOptions | 'certificates' | 'revision'>>);

export const guard = z.object({
  ...workloads.shape,
  ...ownGuard.shape,
  certificates: certificates.optional(),
  revision: revision.optional(),
} satisfies Members<GuardOptions>);
