import { z } from 'zod';
import { claimPath, claimValue } from './access-schema.js';
import { audience, claimName, claimText, httpsUrl, mediaType, name } from './formats.js';
import { SIGNATURE_ALGORITHMS } from './identity.js';
import { endpoints } from './login-schema.js';
import { listOf, recordOf } from './schema-parts.js';

const MAX_SERVICES = 5_000;

const evidence = z.strictObject({ claim: claimPath, value: claimValue });
const none = z.literal('none');
const algorithms = listOf(z.enum(SIGNATURE_ALGORITHMS), SIGNATURE_ALGORITHMS.length, 1);
const audiences = recordOf(name, audience, MAX_SERVICES);
const tokenLifetime = z.int().min(300).max(100_800);

const provider = z
  .strictObject({
    kind: z.literal('oidc'),
    preset: z.enum(['oidc', 'cognito', 'entra', 'google']).optional(),
    issuer: httpsUrl,
    jwksUri: httpsUrl,
    endpoints: endpoints.optional(),
    accessToken: z.enum(['jwt', 'opaque']).optional(),
    algorithms: algorithms.optional(),
    tokenType: mediaType.optional(),
    requiredClaims: recordOf(claimName, claimText, 32).optional(),
    presentClaims: listOf(claimName, 32).optional(),
    maxTokenLifetimeSeconds: tokenLifetime.optional(),
    audienceClaim: z.enum(['aud', 'client_id']).optional(),
    clientClaim: claimName.optional(),
    audiences: audiences.optional(),
    sharedAudience: listOf(name, 1_000).optional(),
    exchange: z.enum(['rfc8693', 'on-behalf-of']).optional(),
    groupsClaim: claimPath.optional(),
    scopeClaim: claimName.optional(),
    mfa: z.union([none, evidence], 'invalid-evidence').optional(),
    authTimeClaim: claimPath.optional(),
    device: z.union([none, evidence], 'invalid-evidence').optional(),
  })
  .meta({ id: 'Provider' });

const pipeline = z
  .strictObject({
    kind: z.literal('pipeline'),
    preset: z.enum(['oidc', 'github-actions']).optional(),
    issuer: httpsUrl,
    jwksUri: httpsUrl,
    algorithms: algorithms.optional(),
    claims: recordOf(claimName, claimText, 32),
    maxTokenLifetimeSeconds: tokenLifetime.optional(),
    audiences: audiences.optional(),
  })
  .meta({ id: 'Pipeline' });

export const identity = z.strictObject({
  providers: recordOf(name, provider, 256).optional(),
  pipelines: recordOf(name, pipeline, 4_096).optional(),
});
