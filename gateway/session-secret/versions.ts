import { z } from 'zod';
import { awsCall } from '../aws/call.js';

const VALUE = z.object({ SecretString: z.string() });
const STAGES = z.object({ VersionIdsToStages: z.record(z.string(), z.array(z.string())) });

type Stage = 'AWSCURRENT' | 'AWSPENDING';

/** The versions of a secret, by the labels that Secrets Manager puts on them. */
export class Versions {
  constructor(
    readonly secretArn: string,
    readonly region: string,
  ) {}

  /** The text of the version that gateways read. */
  async current(): Promise<string> {
    return VALUE.parse(await this.#call('GetSecretValue', { VersionStage: 'AWSCURRENT' })).SecretString;
  }

  /** The text of a version that waits; a rotation begins with one that has none. */
  async pending(version: string): Promise<string | undefined> {
    const asked = { VersionId: version, VersionStage: 'AWSPENDING' };
    return this.#call('GetSecretValue', asked).then(
      (found) => VALUE.parse(found).SecretString,
      () => undefined,
    );
  }

  async is(version: string, stage: Stage): Promise<boolean> {
    return (await this.#stages())[version]?.includes(stage) ?? false;
  }

  /** Write a version. One that has a text keeps it: under the same name nothing else can be written. */
  async put(version: string, text: string, stage: Stage): Promise<void> {
    await this.#call('PutSecretValue', {
      ClientRequestToken: version,
      SecretString: text,
      VersionStages: [stage],
    });
  }

  async makeCurrent(version: string): Promise<void> {
    const current = Object.entries(await this.#stages()).find(([, names]) => names.includes('AWSCURRENT'));
    await this.#call('UpdateSecretVersionStage', {
      VersionStage: 'AWSCURRENT',
      MoveToVersionId: version,
      ...(current !== undefined && { RemoveFromVersionId: current[0] }),
    });
  }

  /** It waits no longer. While a version waits that is not the current one, Secrets Manager begins no other rotation. */
  async drop(version: string): Promise<void> {
    if (!(await this.is(version, 'AWSPENDING'))) return;
    await this.#call('UpdateSecretVersionStage', {
      VersionStage: 'AWSPENDING',
      RemoveFromVersionId: version,
    });
  }

  async #stages(): Promise<Readonly<Record<string, readonly string[]>>> {
    return STAGES.parse(await this.#call('DescribeSecret', {})).VersionIdsToStages;
  }

  async #call(action: string, more: object): Promise<unknown> {
    return awsCall({
      service: 'secretsmanager',
      region: this.region,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `secretsmanager.${action}`,
      },
      body: JSON.stringify({ SecretId: this.secretArn, ...more }),
    });
  }
}
