/**
 * CloudFormation's custom resource that writes the first revocation document: what held when the plan was
 * made, which is part of its own bundle. Without a document no point would admit anybody. What is there
 * already, and no older, stays.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { environmentValue } from '../../lambda/registration/configuration.js';
import { customResource } from '../aws/custom-resource.js';
import { writeFirstDocument } from './first-document.js';

/** The file beside the bundle. */
const FILE = 'revocations.json';

export async function handler(event: unknown, context: Context): Promise<void> {
  await customResource(event, context, 'revocations', async (kind) => {
    const [bucket, key] = [environmentValue('REVOCATIONS_BUCKET'), environmentValue('REVOCATIONS_KEY')];
    if (kind !== 'Delete') {
      await writeFirstDocument({ bucket, key }, readFileSync(join(__dirname, FILE), 'utf8'));
    }
    return { Bucket: bucket };
  });
}
