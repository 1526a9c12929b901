import { z } from 'zod';
import { claimText, httpsUrl, name, scope } from './formats.js';
import { listOf } from './schema-parts.js';

export const login = z
  .strictObject({
    provider: name,
    clientId: claimText,
    scopes: listOf(scope, 64, 1).optional(),
    resource: z.union([z.literal('none'), httpsUrl]).optional(),
  })
  .meta({ id: 'Login' });

export const endpoints = z
  .strictObject({ authorization: httpsUrl, token: httpsUrl, endSession: httpsUrl.optional() })
  .meta({ id: 'ProviderEndpoints' });
