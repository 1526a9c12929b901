import { z } from 'zod';
import { audience, corsOrigin, headerName, host, method, name, trustDomain } from './formats.js';
import { login } from './login-schema.js';
import { listOf, recordOf, seconds } from './schema-parts.js';

const ENGINES = ['local', 'aws', 'kubernetes', 'google', 'azure'] as const;

const cors = z.strictObject({
  origins: listOf(corsOrigin, 256, 1),
  methods: listOf(method, 16).optional(),
  headers: listOf(headerName, 64).optional(),
  maxAge: seconds(0, 86_400).optional(),
});

const service = z
  .strictObject({
    protocol: z.enum(['http', 'grpc', 'tcp']),
    host: host.optional(),
    audience: audience.optional(),
    cors: cors.optional(),
    requestsPerSecond: z.int().min(1).max(1_000_000).optional(),
    maxConnections: z.int().min(1).max(1_000_000).optional(),
    idleTimeoutSeconds: seconds(1, 300).optional(),
    decisionService: z.enum(['everyPoint', 'sidecar']).optional(),
    runsOn: z.enum(ENGINES).optional(),
    login: login.optional(),
    edge: z.enum(['loadBalancer']).optional(),
    webSocket: z.boolean().optional(),
  })
  .meta({ id: 'Service' });

export const services = recordOf(name, service, 5_000);

export const trustDomains = z.strictObject({
  local: trustDomain.optional(),
  aws: trustDomain.optional(),
  kubernetes: trustDomain.optional(),
  google: trustDomain.optional(),
  azure: trustDomain.optional(),
});
