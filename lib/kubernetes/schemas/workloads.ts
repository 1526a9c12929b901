import { z } from 'zod';
import type { DecisionServiceObjectsOptions } from '../decision/objects.js';
import type { EgressGatewayOptions, EgressObjectsOptions } from '../egress/index.js';
import type { GatewayIngressOptions, IngressOptions } from '../ingress/index.js';
import type { ClientProofCheck, MeshIngressGateway } from '../mesh-options.js';
import type { NamespaceOptions } from '../namespace.js';
import type {
  GatewayOptions,
  IngressGatewayOptions,
  WorkloadOptions,
  WorkloadsOptions,
} from '../workloads.js';
import type { WaypointOptions } from '../waypoint-parameters.js';
import { decisionService } from './decision.js';
import {
  clusterDomain,
  issuer,
  labels,
  type Members,
  mode,
  number,
  numbers,
  revision,
  serviceAccount,
  text,
  texts,
} from './parts.js';

const workload = z.object({
  selector: labels.optional(),
  port: number.optional(),
  serviceName: text.optional(),
  servicePort: number.optional(),
} satisfies Members<WorkloadOptions>);

const gateway = z.object({
  selector: labels.optional(),
  ports: numbers.optional(),
  clientNetworks: texts.optional(),
} satisfies Members<GatewayOptions>);

export const meshIngressGateway = z.object({
  ...serviceAccount.shape,
  checksClientProofs: z.object({ reason: text, until: text } satisfies Members<ClientProofCheck>).optional(),
} satisfies Members<MeshIngressGateway>);

const ingressGateway = z.object({
  ...meshIngressGateway.shape,
  selector: labels.optional(),
} satisfies Members<IngressGatewayOptions>);

export const ingress = z.object({
  issuer,
  namespace: text.optional(),
  gatewayClassName: text.optional(),
  certificateSecret: text.optional(),
  controllerNamespace: text.optional(),
  controllerSelector: labels.optional(),
  clientNetworks: texts.optional(),
  trustedHops: number.optional(),
  replicas: number.optional(),
  maxConnections: number.optional(),
  image: text.optional(),
  port: number.optional(),
} satisfies Members<IngressOptions>);

export const egress = z.object({
  image: text.optional(),
  replicas: number.optional(),
  resources: z.object({ requests: labels, limits: labels }).optional(),
  ipFamily: z.enum(['IPv4', 'IPv6']).optional(),
  // A source of a volume, by its kind.
  certificates: z
    .record(text, z.looseObject({}))
    .refine((source) => Object.keys(source).length === 1, 'volume-source')
    .optional(),
} satisfies Members<EgressGatewayOptions>);

export const waypoint = z.object({
  replicas: number.optional(),
  maxReplicas: number.optional(),
  resources: z.object({ requests: labels, limits: labels }).optional(),
} satisfies Members<WaypointOptions>);

/** What every part has to know. */
export const workloads = z.object({
  mode: mode.optional(),
  waypoint: waypoint.optional(),
  services: z.record(text, workload).optional(),
  gateway: gateway.optional(),
  ingressGateway: ingressGateway.optional(),
  ingress: ingress.optional(),
  decisionService: decisionService.optional(),
  egress: egress.optional(),
} satisfies Members<WorkloadsOptions>);

export const namespace = workloads.extend({
  revision: revision.optional(),
} satisfies Members<Omit<NamespaceOptions, keyof WorkloadsOptions>>);

export const ingressObjects = workloads
  .omit({ gateway: true, ingressGateway: true })
  .required({ ingress: true }) satisfies z.ZodObject<Members<GatewayIngressOptions>>;

/** Of the decision service, and of the egress gateway. */
export const inCluster = workloads.extend({
  clusterDomain: clusterDomain.optional(),
} satisfies Members<Omit<DecisionServiceObjectsOptions & EgressObjectsOptions, keyof WorkloadsOptions>>);
