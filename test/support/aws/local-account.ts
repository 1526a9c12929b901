import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignatureV4 } from '@smithy/signature-v4';
import type { TaskCredentials } from '../../../lambda/registration/attest.js';
import { Sha256 } from '../../../lambda/registration/sha256.js';
import { Ministack, REGION } from './ministack.js';

/** Whoever deploys. */
export const ADMINISTRATOR: TaskCredentials = {
  accessKeyId: 'test',
  secretAccessKey: 'test',
  sessionToken: '',
};

/** An account of a local AWS that can be told to enforce rights, and whom sessions of roles ask. */
export class LocalAccount {
  constructor(readonly aws: Ministack) {}

  /** With the condition keys that AWS has (`emulator/sitecustomize.py`). */
  static start(): Promise<Ministack> {
    const emulator = join(__dirname, '..', '..', 'lambda', 'registration', 'emulator');
    return Ministack.start({ environment: { PYTHONPATH: emulator } });
  }

  /** Signatures are verified and policies enforced from here on, or no more. */
  async enforce(on: boolean): Promise<void> {
    const text = `enforcement is ${on ? 'on' : 'off'}`;
    const seen = this.aws.log.filter((line) => line.includes(text)).length;
    process.kill(this.aws.child.pid!, on ? 'SIGUSR1' : 'SIGUSR2');
    while (this.aws.log.filter((line) => line.includes(text)).length === seen) {
      await fetch(`${this.aws.endpoint}/_ministack/ready`);
    }
  }

  /** A session of a role, as ECS gives one to a task. */
  async session(role: string, name = '0123456789abcdef0123456789abcdef'): Promise<TaskCredentials> {
    const text = await this.query('sts', ADMINISTRATOR, {
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: name,
    });
    return {
      accessKeyId: element(text, 'AccessKeyId'),
      secretAccessKey: element(text, 'SecretAccessKey'),
      sessionToken: element(text, 'SessionToken'),
    };
  }

  /** Call a service with a query interface. Throws what it answers unless that is a 200. */
  async query(service: string, credentials: TaskCredentials, body: Record<string, string>): Promise<string> {
    const { host } = new URL(this.aws.endpoint);
    const signer = new SignatureV4({ service, region: REGION, credentials, sha256: Sha256 });
    const text = new URLSearchParams(body).toString();
    const request = await signer.sign({
      method: 'POST',
      protocol: 'http:',
      hostname: host,
      path: '/',
      headers: { host, 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: text,
    });
    const answer = await fetch(this.aws.endpoint, { method: 'POST', headers: request.headers, body: text });
    const answered = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${answered}`);
    return answered;
  }

  /** What a client of the SDK is made with. */
  client(credentials: TaskCredentials = ADMINISTRATOR) {
    const { sessionToken, ...keys } = credentials;
    return {
      endpoint: this.aws.endpoint,
      region: REGION,
      forcePathStyle: true,
      maxAttempts: 1,
      credentials: sessionToken === '' ? keys : credentials,
    };
  }

  /** Make a stack of a template without assets, with no more than CloudFormation's own call. Throws if that fails. */
  async create(name: string, template: string): Promise<void> {
    const version = '2010-05-15';
    await this.query('cloudformation', ADMINISTRATOR, {
      Action: 'CreateStack',
      Version: version,
      StackName: name,
      TemplateBody: template,
    });
    for (;;) {
      const text = await this.query('cloudformation', ADMINISTRATOR, {
        Action: 'DescribeStacks',
        Version: version,
        StackName: name,
      });
      const status = element(text, 'StackStatus');
      if (status === 'CREATE_COMPLETE') return;
      if (!status.endsWith('IN_PROGRESS')) throw new Error(`${name}: ${text}`);
      await sleep(50);
    }
  }
}

/** The first element of this name in an answer. */
export function element(text: string, name: string): string {
  return new RegExp(`<${name}>([^<]+)<`).exec(text)?.[1] ?? '';
}
