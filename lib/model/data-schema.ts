import { z } from 'zod';
import { name } from './formats.js';
import { listOf } from './schema-parts.js';

export const dataDomain = z
  .strictObject({
    // Valid at once as a tag or a label of every engine.
    label: name,
    principals: listOf(z.strictObject({ kind: z.literal('workload'), service: name }), 256, 1),
  })
  .meta({ id: 'DataDomain' });
