import { z } from 'zod';
import type { MeshAuthorizationOptions, MeshService } from '../mesh-options.js';
import { meshDecisionService } from './decision.js';
import {
  clusterDomain,
  labels,
  type Members,
  mode,
  number,
  revision,
  serviceAccount,
  text,
  texts,
} from './parts.js';
import { meshIngressGateway, waypoint } from './workloads.js';

const service = z.object({
  selector: labels,
  port: number,
  serviceName: text.optional(),
  servicePort: number.optional(),
} satisfies Members<MeshService>);

export const mesh = z.object({
  mode: mode.optional(),
  revision: revision.optional(),
  waypoint: waypoint.optional(),
  services: z.record(text, service),
  ingressGateway: meshIngressGateway.optional(),
  ingress: serviceAccount.optional(),
  decisionService: meshDecisionService.optional(),
  clusterDomain: clusterDomain.optional(),
  calledNamespaces: texts.optional(),
} satisfies Members<MeshAuthorizationOptions>);
