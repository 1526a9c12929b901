import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import {
  CertificateAuthority,
  type CertificateAuthorityProps,
} from '../../../../constructs/aws-cdk/authority/index.js';
import { ZeroTrustChecks } from '../../../../constructs/aws-cdk/guardrails/index.js';
import { everything } from '../support/everything.js';
import { plan } from '../support/plan.js';

const folder = mkdtempSync(join(tmpdir(), 'ztp-own-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the guardrails say of one of our own parts. The example's whole platform `cdk synth --strict` judges. */
function findings(name: string, build: (stack: Stack) => unknown): string[] {
  const app = new App({ outdir: join(folder, name), analyticsReporting: false });
  build(new Stack(app, 'Own', { env: { account: '111122223333', region: 'eu-west-1' } }));
  const templatePaths = app.synth().stacks.map(({ templateFullPath }) => templateFullPath);
  const { violations } = new ZeroTrustChecks(app).validate({
    templatePaths,
    stackTemplates: [],
    appConstruct: app,
  });
  return violations.map(
    ({ ruleName, violatingResources }) => `${ruleName} ${violatingResources[0]?.constructPath}`,
  );
}

const authority = (props: Partial<CertificateAuthorityProps>) => (stack: Stack) =>
  new CertificateAuthority(stack, 'Authority', { plan, ...props });

test('the edge: what was weakened on purpose, and nothing else', () => {
  expect(findings('edge', everything)).toEqual(['federated-mfa Own/People/Pool/Resource']);
});

test('an authority with keys that are denied to all others is none that a workload could be', () => {
  expect(findings('kms', authority({}))).toEqual([]);
});

test('a private CA knows no policy that denies: who may issue has to be explained', () => {
  const found = findings('pca', authority({ signing: { kind: 'privateCa' } }));
  expect(found.length).toBeGreaterThan(0);
  for (const one of found) expect(one).toMatch(/^workload-signs Own\/Authority\//);
});
