import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib/core';
import { ACCOUNT, REGION } from './ministack.js';

/** The zones that the local AWS has, as the CDK caches them in `cdk.context.json`. */
const ZONES = {
  [`availability-zones:account=${ACCOUNT}:region=${REGION}`]: ['a', 'b', 'c'].map((zone) => REGION + zone),
};

export const TEST_ENVIRONMENT = { account: ACCOUNT, region: REGION };

const assemblies: string[] = [];

// What a test file synthesized goes with it.
afterAll(() => {
  for (const assembly of assemblies) rmSync(assembly, { recursive: true, force: true });
});

/** An app whose assembly is written to a temporary folder. */
export function testApp(context: Readonly<Record<string, unknown>> = {}): App {
  const outdir = mkdtempSync(join(tmpdir(), 'ztp-assembly-'));
  assemblies.push(outdir);
  return new App({
    outdir,
    context: { ...ZONES, ...context },
  });
}
