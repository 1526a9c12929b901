import { z } from 'zod';
import type { PrerequisiteOptions } from '../prerequisites.js';
import { certificates } from './certificates.js';
import { decisionService } from './decision.js';
import { clusterDomain, type Members, mode, revision, text } from './parts.js';
import { egress, ingress } from './workloads.js';

export const prerequisites = z.object({
  mode: mode.optional(),
  certificates: certificates.optional(),
  revision: revision.optional(),
  proxyImage: text.optional(),
  egress: egress.optional(),
  ingress: ingress.optional(),
  decisionService: decisionService.optional(),
  clusterDomain: clusterDomain.optional(),
  extensionProviders: z.array(z.looseObject({})).optional(),
} satisfies Members<PrerequisiteOptions>);
