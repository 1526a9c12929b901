import { z } from 'zod';
import { clientId, httpsUrl, name, scope } from './formats.js';
import { listOf } from './schema-parts.js';

export const login = z
  .strictObject({
    provider: name,
    clientId,
    scopes: listOf(scope, 64, 1).optional(),
    resource: z.union([z.literal('none'), httpsUrl], 'invalid-resource').optional(),
  })
  .meta({ id: 'Login' });

export const endpoints = z
  .strictObject({ authorization: httpsUrl, token: httpsUrl, endSession: httpsUrl.optional() })
  .meta({ id: 'ProviderEndpoints' });
