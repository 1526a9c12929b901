import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FargateService } from 'aws-cdk-lib/aws-ecs';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { GatewayService } from '../../../../constructs/aws-cdk/gateway/index.js';
import { cfnLint } from '../../../support/aws/cfn-lint.js';
import { LAWS } from '../../../support/aws/laws/index.js';
import { type Template, templatesOf } from '../../../support/aws/template.js';
import { ALL, application, world } from '../mesh/world.js';

const folder = mkdtempSync(join(tmpdir(), 'mesh-laws-'));
let templates: Template[];
beforeAll(() => {
  const { app, platform, shop, mesh } = world({}, folder);
  new GatewayService(platform, 'Gateway', {
    mesh,
    certificate: new Secret(platform, 'Certificate', {
      encryptionKey: new Key(platform, 'Key', { enableKeyRotation: true }),
    }),
  });
  for (const name of ALL) {
    const taskDefinition = application(shop, `${name}Task`);
    const member = mesh.join(name, taskDefinition, { applicationPort: 8080 });
    member.attach(
      new FargateService(shop, `${name}Service`, {
        cluster: mesh.cluster,
        taskDefinition,
        assignPublicIp: false,
        securityGroups: [member.securityGroup],
      }),
    );
  }
  app.synth();
  templates = templatesOf(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('cfn-lint has nothing to say', async () => {
  expect(await cfnLint(templates)).toEqual([]);
});

test.each(LAWS.map((law) => [law.name, law] as const))('%s', (_name, law) => {
  expect(law.broken(templates)).toEqual([]);
});
