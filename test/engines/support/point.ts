import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  edgeSecret,
  ENVOY_ARGUMENTS,
  envoyFiles,
  type PointProfile,
  peersSecret,
  ROUTES,
  serverSecret,
} from '../../../lib/envoy/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { substitute } from '../../../lib/plan/refs.js';
import type { RevocationDocument } from '../../../lib/policy/revocation.js';
import { adminGet, isLive, routeState } from '../../../lib/point/admin.js';
import { Child } from '../../../local/child.js';
import { dockerLaunch } from '../../../local/envoy-docker.js';
import { type Echo, startTcpEcho } from '../../../local/echo.js';
import { replaceFile } from '../../../local/files.js';
import type { Target } from './connect.js';
import type { Testbed } from './testbed.js';
import { Upstream } from './upstream.js';

/** Milliseconds for Envoy to start, its first fetch of the issuers' keys included. */
const START = 30_000;
/** Milliseconds for Envoy to take a table of routes, or to write down a decision. */
const PATIENCE = 10_000;
const POLL = 2;

/** A line of the decision log. */
export type LoggedDecision = Readonly<Record<string, unknown>> & { readonly traceparent?: string };

/** One real Envoy as one point of a plan, with upstreams that answer 200 behind it. */
export class Point {
  readonly #lines: string[] = [];
  readonly #decisions = new Map<string, LoggedDecision>();
  readonly #waiting = new Map<string, (decision: LoggedDecision) => void>();
  readonly #upstreams: Upstream[] = [];
  readonly #values: Record<string, string | number> = {};
  #child: Child | undefined;
  #echo: Echo | undefined;

  private constructor(
    readonly testbed: Testbed,
    /** The key of the point. */
    readonly key: string,
    readonly folder: string,
    /** Its own among the points of the testbed. */
    readonly name: string,
    private readonly profile: PointProfile,
  ) {}

  /** `apiGateway`: the hash of the client certificate that is the only one the gateway then knows. */
  static async start(
    testbed: Testbed,
    plan: Plan,
    key: string,
    { apiGateway }: { readonly apiGateway?: string } = {},
  ): Promise<Point> {
    const name = `${key.replaceAll('/', '.')}${apiGateway === undefined ? '' : '-behind-edge'}`;
    const profile: PointProfile = apiGateway === undefined ? {} : { edge: 'apiGateway' };
    const point = new Point(testbed, key, testbed.state.folder(name), name, profile);
    for (const use of ['current', 'next']) point.#values[`${key}/client/${use}`] = apiGateway ?? '';
    try {
      await point.#prepare(plan);
      await point.#run(plan);
    } catch (error) {
      await point.close();
      throw error;
    }
    return point;
  }

  /** Where clients connect; what they show and from where is added by the test. */
  get target(): { readonly address: string; readonly port: number } {
    return { address: this.#text('listen/address'), port: Number(this.#values[`${this.key}/listen/port`]) };
  }

  /** The target for a client with that SPIFFE ID (a sidecar's peer), from an address of this machine. */
  async peer(spiffeId: string | undefined, localAddress?: string): Promise<Target> {
    const leaf = spiffeId === undefined ? undefined : await this.testbed.leaf(spiffeId);
    return {
      ...this.target,
      ...(localAddress !== undefined && { localAddress }),
      tls: { ca: this.testbed.authority.root, ...(leaf && { certificate: leaf.certificate, key: leaf.key }) },
    };
  }

  get adminSocket(): string {
    return this.#text('admin/path');
  }

  get readyTarget(): { readonly address: string; readonly port: number } {
    return { address: this.#text('ready/address'), port: Number(this.#values[`${this.key}/ready/port`]) };
  }

  /** How many connections it has open to what is behind it. */
  get upstreamConnections(): number {
    return this.#upstreams.reduce((sum, { connections }) => sum + connections, 0);
  }

  /** The last lines that Envoy wrote. */
  get tail(): readonly string[] {
    return this.#child?.tail() ?? [];
  }

  /** Until it has the keys of every issuer: what it could not fetch as it started it fetches again. */
  async hasKeys(): Promise<void> {
    const fetches =
      readFileSync(join(this.folder, 'bootstrap.json'), 'utf8').split('"remote_jwks"').length - 1;
    const deadline = performance.now() + START;
    for (;;) {
      const { body } = await adminGet(this.adminSocket, '/stats?filter=jwks_fetch_success').catch(() => ({
        body: '',
      }));
      const fetched = body.split('\n').reduce((sum, line) => sum + Number(line.split(': ')[1] ?? 0), 0);
      if (fetched >= fetches) return;
      if (performance.now() > deadline)
        throw new Error(`${this.key} has ${fetched} of ${fetches} sets of keys`);
      await sleep(POLL);
    }
  }

  /** Have it judge by another policy of the same issuers and services. Throws if it refuses the table. */
  async apply(plan: Plan, revocations?: RevocationDocument): Promise<void> {
    const routes = this.#routes(plan, revocations);
    const { version_info: version } = JSON.parse(routes) as { version_info: string };
    const before = await this.#routeState();
    if (before.version === version) return;
    replaceFile(this.#text('routes/path'), routes);
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      const state = await this.#routeState();
      if (state.version === version) return;
      if (state.refused > before.refused || performance.now() > deadline) {
        throw new Error(`${this.key} did not take its routes:\n${this.tail.join('\n')}`);
      }
      await sleep(POLL);
    }
  }

  /** What the point wrote down about the request with that `traceparent`; undefined if nothing comes. */
  decision(traceparent: string, patience = PATIENCE): Promise<LoggedDecision | undefined> {
    const known = this.#decisions.get(traceparent);
    if (known) return Promise.resolve(known);
    return new Promise((done) => {
      const settle = (decision?: LoggedDecision) => {
        clearTimeout(timer);
        this.#waiting.delete(traceparent);
        done(decision);
      };
      const timer = setTimeout(settle, patience);
      this.#waiting.set(traceparent, settle);
    });
  }

  /** The lines of the decision log since this was last asked, which are then forgotten. */
  takeLines(): readonly string[] {
    this.#decisions.clear();
    return this.#lines.splice(0);
  }

  async close(): Promise<void> {
    await this.#child?.stop();
    await Promise.all(this.#upstreams.map((upstream) => upstream.close()));
    await this.#echo?.close();
  }

  async #prepare(plan: Plan): Promise<void> {
    const { addresses, state, authority } = this.testbed;
    const own = await addresses.address(this.name);
    const set = (name: string, value: string | number) => {
      this.#values[`${this.key}/${name}`] = value;
    };
    set('admin/path', state.socket(this.name));
    for (const [name, port] of [
      ['listen', 8443],
      ['ready', 8080],
    ] as const) {
      set(`${name}/address`, own);
      set(`${name}/port`, await addresses.port(own, port));
    }
    set('routes/directory', this.folder);
    set('routes/path', join(this.folder, 'routes.json'));
    set('secrets/directory', this.folder);
    const id = this.key === 'gateway' ? plan.gateway.spiffeId : this.#service(plan).sidecar.spiffeId;
    const { certificate, key } = await this.testbed.leaf(id);
    this.#secret(
      'server',
      serverSecret(this.#file('server.pem', certificate), this.#file('server.key', key), this.folder),
    );
    this.#secret('peers', peersSecret({ [plan.trustDomain]: this.#file('root.pem', authority.root) }));
    if (this.key === 'gateway') {
      const hosts = plan.gateway.services.map((name) => plan.services[name]?.authority ?? '');
      const edge = await authority.edge(hosts);
      this.#secret(
        'edge',
        edgeSecret(this.#file('edge.pem', edge.certificate), this.#file('edge.key', edge.key), this.folder),
      );
    }
    const { address, port, caPath } = this.testbed.keyServer;
    for (const { key: issuer } of Object.values(plan.issuers)) {
      Object.assign(this.#values, {
        [`${issuer}/endpoint/address`]: address,
        [`${issuer}/endpoint/port`]: port,
        [`${issuer}/ca/path`]: caPath,
      });
    }
    await this.#startUpstreams(plan);
  }

  /** The sidecars behind a gateway; the application behind a sidecar, and the sidecars it may call. */
  async #startUpstreams(plan: Plan): Promise<void> {
    const { addresses, authority, received } = this.testbed;
    const onRequest: Parameters<typeof Upstream.start>[0]['onRequest'] = (request) => {
      const trace = request.headers.find(([name]) => name === 'traceparent')?.[1];
      if (trace !== undefined) received.set(trace, request);
    };
    const peers = this.key === 'gateway' ? plan.gateway.services : this.#service(plan).sidecar.upstreams;
    for (const name of peers) {
      const service = plan.services[name]!;
      const address = await addresses.address(`${this.name} ${service.key}`);
      const port = await addresses.port(address, 8443);
      const tls = { leaf: await this.testbed.leaf(service.sidecar.spiffeId), ca: authority.root };
      this.#upstreams.push(await Upstream.start({ service: name, address, port, tls, onRequest }));
      this.#values[`${service.key}/endpoint/address`] = address;
      this.#values[`${service.key}/endpoint/port`] = port;
      if (this.key === 'gateway') continue;
      const own = this.#text('listen/address');
      const outbound = await addresses.port(own, 9000);
      this.#values[`${this.key}/outbound/${name}/address`] = own;
      this.#values[`${this.key}/outbound/${name}/port`] = outbound;
      this.#values[`${this.key}/outbound/${name}/authority`] = `${own}:${outbound}`;
    }
    if (this.key === 'gateway') return;
    const { key, name, protocol } = this.#service(plan);
    const address = await addresses.address(`${key} application`);
    const port = await addresses.port(address, 8080);
    const http2 = protocol === 'grpc';
    if (protocol === 'tcp') this.#echo = await startTcpEcho(name, address, port);
    else this.#upstreams.push(await Upstream.start({ service: name, address, port, http2, onRequest }));
    this.#values[`${key}/application/address`] = address;
    this.#values[`${key}/application/port`] = port;
  }

  async #run(plan: Plan): Promise<void> {
    const { binary, state, guardian } = this.testbed;
    const files = envoyFiles(plan, this.key, undefined, this.profile);
    this.#file('routes.json', this.#routes(plan));
    const bootstrap = substitute(files.bootstrap, this.#values);
    const args = [
      ...['--config-path', this.#file('bootstrap.json', JSON.stringify(bootstrap))],
      ...ENVOY_ARGUMENTS,
      ...['--concurrency', '1'],
      ...['--log-level', 'warning'],
      ...['--file-flush-interval-msec', '10'],
    ];
    const launch = binary.docker
      ? dockerLaunch(binary.docker, state.path, args)
      : { command: binary.path, args };
    const child = new Child({
      ...launch,
      directory: this.folder,
      environment: binary.docker ? process.env : {},
      guardian,
      onLine: (line, stream) => {
        if (stream !== 'stdout') return;
        this.#lines.push(line);
        const decision = parseLine(line);
        if (decision?.traceparent === undefined) return;
        this.#decisions.set(decision.traceparent, decision);
        this.#waiting.get(decision.traceparent)?.(decision);
      },
    });
    this.#child = child;
    const deadline = performance.now() + START;
    while (!(await isLive(this.adminSocket))) {
      if (!child.running || performance.now() > deadline) {
        throw new Error(`the Envoy of ${this.key} did not start:\n${child.tail().join('\n')}`);
      }
      await sleep(POLL);
    }
  }

  #routes(plan: Plan, revocations?: RevocationDocument): string {
    return JSON.stringify(
      substitute(envoyFiles(plan, this.key, revocations, this.profile).routes, this.#values),
    );
  }

  /** Its administration may not answer at once on a busy machine. */
  async #routeState() {
    const deadline = performance.now() + PATIENCE;
    for (;;) {
      try {
        return await routeState(this.adminSocket, ROUTES);
      } catch (error) {
        if (performance.now() > deadline || !this.#child?.running) throw error;
      }
    }
  }

  #service(plan: Plan) {
    const service = Object.values(plan.services).find(({ sidecar }) => sidecar.key === this.key);
    if (!service) throw new RangeError(`the plan has no point "${this.key}"`);
    return service;
  }

  #secret(name: string, content: object): void {
    this.#values[`${this.key}/secrets/${name}`] = this.#file(`${name}.json`, JSON.stringify(content));
  }

  #file(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  }

  #text(name: string): string {
    return String(this.#values[`${this.key}/${name}`]);
  }
}

function parseLine(line: string): LoggedDecision | undefined {
  try {
    return JSON.parse(line) as LoggedDecision;
  } catch {
    return undefined;
  }
}
