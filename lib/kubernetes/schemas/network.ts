import { z } from 'zod';
import type { NameServers, NetworkOptions, OutsidePods } from '../network.js';
import type { WorkloadsOptions } from '../workloads.js';
import { labels, type Members, numbers, text, texts } from './parts.js';
import { workloads } from './workloads.js';

const outside = z.object({
  namespace: text,
  selector: labels,
  ports: numbers,
} satisfies Members<OutsidePods>);

export const ownNetwork = z.object({
  dns: outside
    .partial()
    .extend({ networks: texts.optional() } satisfies Members<Omit<NameServers, keyof OutsidePods>>)
    .optional(),
  controlPlane: outside.optional(),
  certificateAuthority: outside.optional(),
  egressGateway: outside.extend({ callers: texts }).optional(),
  monitoring: outside.omit({ ports: true }).optional(),
  nodeNetworks: texts.optional(),
} satisfies Members<Omit<NetworkOptions, keyof WorkloadsOptions>>);

export const network = workloads.extend(ownNetwork.shape);
