import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { ACCOUNT, REGION } from './ministack.js';

/** The zones that the local AWS has, as the CDK caches them in `cdk.context.json`. */
const ZONES = {
  [`availability-zones:account=${ACCOUNT}:region=${REGION}`]: ['a', 'b', 'c'].map((zone) => REGION + zone),
};

export const TEST_ENVIRONMENT = { account: ACCOUNT, region: REGION };

/** An app whose assembly is written to a temporary folder. */
export function testApp(context: Readonly<Record<string, unknown>> = {}): App {
  return new App({ outdir: mkdtempSync(join(tmpdir(), 'ztp-assembly-')), context: { ...ZONES, ...context } });
}
