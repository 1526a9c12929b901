import { join } from 'node:path';
import { agentConfiguration } from '../../../gateway/agent/point-configuration.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { RefValues } from '../../../lib/plan/refs.js';
import type { PointProfile } from '../../../lib/envoy/index.js';
import {
  configurationHash,
  configurationText,
  type PointConfiguration,
} from '../../../lib/point/configuration.js';
import { Child, type Exit } from '../../../local/child.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import type { Guardian } from '../../../local/guardian.js';
import type { TestCloud } from './cloud.js';

const BUNDLE = join(__dirname, '..', '..', '..', 'dist', 'gateway', 'agent', 'index.js');

export interface AgentProcessOptions {
  readonly cloud: TestCloud;
  readonly guardian: Guardian;
  readonly plan: Plan;
  readonly point: string;
  readonly profile?: PointProfile;
  /** Folders: one that the agent may write to, and the one it starts in. */
  readonly volume: string;
  readonly directory: string;
  readonly refs: RefValues;
  readonly healthPort: number;
  /** Over what a task definition would set. */
  readonly environment?: Readonly<Record<string, string>>;
  /** @default as it is built */
  readonly bundle?: string;
  /** Who the task's role is. @default the point's own */
  readonly spiffeId?: string;
}

/** The bundle of the agent as a process, as its container would start it. */
export class AgentProcess {
  readonly lines: Readonly<Record<string, unknown>>[] = [];
  readonly output: string[] = [];
  readonly child: Child;
  readonly configuration: PointConfiguration;

  private constructor(
    readonly options: AgentProcessOptions,
    envoy: string,
  ) {
    const { cloud, plan, point, profile, volume, refs, healthPort, guardian, directory } = options;
    this.configuration = agentConfiguration(plan, point, profile);
    const text = configurationText(this.configuration);
    const key = `${point.split('/')[1] ?? point}/${configurationHash(text)}`;
    if (!cloud.objects.has(`bucket/${key}`)) cloud.objects.set(`bucket/${key}`, text);
    const accessKey = `ASIA${point.replaceAll(/[^a-z]/g, '').toUpperCase()}`;
    cloud.identities.set(accessKey, options.spiffeId ?? this.configuration.spiffeId);
    this.child = new Child({
      command: process.execPath,
      args: [options.bundle ?? BUNDLE],
      directory,
      guardian,
      environment: {
        HOME: directory,
        TMPDIR: directory,
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: accessKey,
        AWS_SECRET_ACCESS_KEY: 'secret-of-the-task',
        AWS_SESSION_TOKEN: 'session-of-the-task',
        AWS_ENDPOINT_URL: cloud.url,
        ZTP_CONFIGURATION_BUCKET: 'bucket',
        ZTP_CONFIGURATION_KEY: key,
        ZTP_REFS: JSON.stringify(refs),
        ZTP_REGISTRATION: 'arn:aws:lambda:eu-west-1:111122223333:function:registration:live',
        ZTP_VOLUME: volume,
        ZTP_HEALTH_PORT: String(healthPort),
        ZTP_ENVOY: envoy,
        ZTP_DRAIN_SECONDS: '1',
        ...options.environment,
      },
      onLine: (line) => {
        this.output.push(line);
        if (line.startsWith('{"event"')) this.lines.push(JSON.parse(line) as Record<string, unknown>);
      },
    });
  }

  static async spawn(options: AgentProcessOptions): Promise<AgentProcess> {
    const { path, docker } = await findEnvoy();
    if (docker) throw new Error('these tests run Envoy as a child of the agent, not in a container');
    return new AgentProcess(options, path);
  }

  /** Start it and wait until it serves. */
  static async serving(options: AgentProcessOptions): Promise<AgentProcess> {
    const agent = await AgentProcess.spawn(options);
    await agent.said('serving');
    return agent;
  }

  /** Wait for the `count`th line of that event. Throws with everything it said if it ends before. */
  async said(event: string, count = 1): Promise<Readonly<Record<string, unknown>>> {
    for (;;) {
      const found = this.lines.filter((line) => line['event'] === event);
      if (found.length >= count) return found[count - 1]!;
      if (!this.child.running) throw new Error(`ended without ${event}:\n${this.output.join('\n')}`);
      await new Promise((done) => setTimeout(done, 10));
    }
  }

  get envoyPid(): number {
    return Number(this.lines.find(({ event }) => event === 'serving')?.['envoy']);
  }

  /** Its end, and the code of its last failure. */
  async ended(): Promise<Exit & { readonly failure: unknown }> {
    const exit = await this.child.exited;
    return { ...exit, failure: this.lines.findLast(({ event }) => event === 'failed')?.['code'] };
  }

  terminate(): void {
    if (this.child.pid !== undefined) process.kill(this.child.pid, 'SIGTERM');
  }
}
