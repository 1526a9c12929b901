/**
 * CloudFormation's custom resource that stores the configurations of a platform's points. They are part of
 * its own bundle, so an event can choose neither their text nor their names; each is named by its hash, and
 * none is ever replaced or deleted, because a task of an older revision may start again at any time.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from 'aws-lambda';
import { environmentValue } from '../../lambda/registration/configuration.js';
import { customResource } from '../aws/custom-resource.js';
import { storeConfigurations } from './store.js';

/** The file beside the bundle: texts by their keys, `<service>/<hash>`. */
const FILE = 'configurations.json';

export async function handler(event: unknown, context: Context): Promise<void> {
  await customResource(event, context, 'configurations', async (kind) => {
    const bucket = environmentValue('CONFIGURATION_BUCKET');
    if (kind !== 'Delete') {
      const texts = JSON.parse(readFileSync(join(__dirname, FILE), 'utf8')) as Record<string, string>;
      await storeConfigurations(bucket, texts);
    }
    return { Bucket: bucket };
  });
}
