import { z } from 'zod';
import type { NameServers, NetworkOptions, OutsidePods } from '../network.js';
import type { SharedService } from '../shared-service.js';
import type { WorkloadsOptions } from '../workloads.js';
import { certificates } from './certificates.js';
import { labels, type Members, numbers, text, texts } from './parts.js';
import { workloads } from './workloads.js';

const outside = z.object({
  namespace: text,
  selector: labels,
  ports: numbers,
} satisfies Members<OutsidePods>);

const shared = z.object({
  callers: texts,
  reason: text,
  namespace: text,
  selector: labels.optional(),
  networks: texts.optional(),
  publicUntil: text.optional(),
  ports: numbers,
} satisfies Members<SharedService>);

export const ownNetwork = z.object({
  dns: outside
    .partial()
    .extend({ networks: texts.optional() } satisfies Members<Omit<NameServers, keyof OutsidePods>>)
    .optional(),
  controlPlane: outside.optional(),
  certificateAuthority: outside.optional(),
  egressGateway: outside.extend({ callers: texts }).optional(),
  shared: z.array(shared).optional(),
  monitoring: outside.omit({ ports: true }).optional(),
  nodeNetworks: texts.optional(),
} satisfies Members<Omit<NetworkOptions, keyof WorkloadsOptions | 'certificates'>>);

export const network = workloads.extend(ownNetwork.shape).extend({
  certificates: certificates.pick({ namespace: true }).optional(),
} satisfies Members<Pick<NetworkOptions, 'certificates'>>);
