import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from '../../../local/child.js';
import { Guardian } from '../../../local/guardian.js';
import { pythonTools } from '../python-tools.js';

/** Milliseconds between two looks at a server that starts. */
const POLL = 50;
/** Milliseconds for it to start: half a second alone, more beside other tests. */
const STARTING = 60_000;
/** Another process may take the port between its choice and its use. */
const ATTEMPTS = 3;

/** The account of the local AWS. */
export const ACCOUNT = '000000000000';
export const REGION = 'eu-central-1';

export interface MinistackOptions {
  /**
   * Whether signatures are verified and policies enforced. `cdk deploy` needs them off; what is said
   * about identities and rights proves nothing unless they are on.
   * @default false
   */
  readonly auth?: boolean;
  /** More of its environment, and so of the functions that run in it. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** What became of a resource whose type the local AWS lacks, with its resolved properties. */
export interface StandIn {
  readonly action: 'create' | 'update' | 'delete';
  readonly type: string;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/**
 * A local AWS on a loopback port, which is gone when this process is, whatever ends it. Lambda
 * functions run in child processes of it, by the Node that runs this.
 */
export class Ministack {
  private constructor(
    /** By name: with the address instead, the CDK's upload of assets fails. */
    readonly endpoint: string,
    readonly port: number,
    readonly folder: string,
    readonly child: Child,
    readonly guardian: Guardian,
    readonly log: readonly string[],
  ) {}

  static async start(options: MinistackOptions = {}): Promise<Ministack> {
    const python = await pythonTools();
    const folder = await mkdtemp(join(tmpdir(), 'ztp-aws-'));
    const guardian = new Guardian(folder);
    await writeFile(join(folder, 'stand-ins.jsonl'), '');
    const failures: string[] = [];
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const port = await freePort();
      const log: string[] = [];
      const child = new Child({
        command: python,
        // -B: the stand-ins lie in the source tree, where no compiled copies belong.
        args: ['-B', join(__dirname, 'start_ministack.py')],
        environment: environmentOf(options, port, folder),
        guardian,
        onLine: (line) => log.push(line),
      });
      const started = new Ministack(`http://localhost:${port}`, port, folder, child, guardian, log);
      if (await started.#isReady()) return started;
      failures.push(log.slice(-20).join('\n'));
      await child.stop();
    }
    await guardian.close();
    throw new Error(`ministack did not start:\n${failures.join('\n')}`);
  }

  /** What programs need to take this for AWS. */
  get environment(): Readonly<Record<string, string | undefined>> {
    const { AWS_PROFILE: _profile, AWS_SESSION_TOKEN: _token, ...rest } = process.env;
    return {
      ...rest,
      PATH: pathWithNode(),
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: REGION,
      AWS_DEFAULT_REGION: REGION,
      AWS_EC2_METADATA_DISABLED: 'true',
      CDK_DEFAULT_ACCOUNT: ACCOUNT,
      CDK_DEFAULT_REGION: REGION,
    };
  }

  /** Every resource of a type that the local AWS lacks, in the order of what happened to them. */
  standIns(): StandIn[] {
    const lines = readFileSync(join(this.folder, 'stand-ins.jsonl'), 'utf8').split('\n');
    return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as StandIn);
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await this.guardian.close();
  }

  async #isReady(): Promise<boolean> {
    const deadline = performance.now() + STARTING;
    while (this.child.running && performance.now() < deadline) {
      const answer = await fetch(`${this.endpoint}/_ministack/ready`).catch(() => undefined);
      if (answer?.ok) return true;
      await sleep(POLL);
    }
    return false;
  }
}

function environmentOf(
  { auth = false, environment }: MinistackOptions,
  port: number,
  folder: string,
): Record<string, string | undefined> {
  return {
    HOME: process.env['HOME'],
    PATH: pathWithNode(),
    TMPDIR: folder,
    STAND_INS: join(folder, 'stand-ins.jsonl'),
    BIND_HOST: '127.0.0.1',
    GATEWAY_PORT: String(port),
    MINISTACK_REGION: REGION,
    AUTH: String(auth),
    // Both listen on every address.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    ...environment,
  };
}

/** Its functions run by the `node` on the path: the one that runs this. */
function pathWithNode(): string {
  return [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(0, '127.0.0.1', done);
  });
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a port');
  return address.port;
}
