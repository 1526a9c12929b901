import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { envoyFiles, peersSecret, serverSecret } from '../../../lib/envoy/index.js';
import {
  allowOut,
  type Destination,
  defineZeroTrust,
  type EgressRuleLike,
  http,
  workload,
} from '../../../lib/model/index.js';
import type { Engine } from '../../../lib/model/service.js';
import { canonicalJson } from '../../../lib/plan/json.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { substitute, type Template } from '../../../lib/plan/refs.js';
import type { RevocationDocument } from '../../../lib/policy/revocation.js';
import { Addresses } from '../../../local/addresses.js';
import { Envoy } from '../../../local/envoy.js';
import { findEnvoy } from '../../../local/envoy-binary.js';
import { StateFolder } from '../../../local/files.js';
import { Guardian } from '../../../local/guardian.js';
import { type Leaf, TestAuthority } from '../support/authority.js';
import { Http1Connection, requestBytes } from '../support/http1.js';

/** The workloads that may call. */
export const CALLERS = ['caller', 'second', 'third'] as const;

/** Where a host outside is said to be: what its name would resolve to. */
export interface Place {
  readonly address: string;
  readonly port: number;
  /** @default none: only a public address is let through */
  readonly standIn?: string;
}

/** The egress gateway alone: a real Envoy, whose destinations lead wherever a test says. */
export class WayOut {
  readonly #leaves = new Map<string, Promise<Leaf>>();

  private constructor(
    readonly plan: Plan,
    readonly authority: TestAuthority,
    private readonly state: StateFolder,
    private readonly guardian: Guardian,
    private readonly addresses: Addresses,
    private readonly envoy: Envoy,
    private readonly render: (template: Template) => string,
    private readonly target: { readonly address: string; readonly port: number },
    /** What it wrote. */
    readonly lines: string[],
  ) {}

  /** Every destination may be called by `caller`, until others rules apply; `roots` verifies them all. */
  static async start(places: Readonly<Record<string, Place>>, roots: string): Promise<WayOut> {
    const plan = planOf(
      Object.entries(places).map(([host, { standIn, port }]) =>
        allowOut(workload('caller')).to(destination(host, standIn === undefined ? 443 : port)),
      ),
    );
    const state = StateFolder.open();
    const guardian = new Guardian(state.path);
    const addresses = new Addresses(`way out ${state.path}`);
    const authority = await TestAuthority.create(plan.certificates, 'mesh');
    const address = await addresses.address('egress');
    const [port, ready] = [await addresses.port(address, 15_006), await addresses.port(address, 15_021)];
    const file = (name: string, text: string) => {
      const path = join(state.path, name);
      writeFileSync(path, text);
      return path;
    };
    const { certificate, key } = await authority.workload(plan.egress!.spiffeId);
    const secret = (name: string, content: unknown) => file(name, JSON.stringify(content));
    const adminSocket = state.socket('egress');
    const routesPath = join(state.folder('routes'), 'routes.json');
    const values: Record<string, string | number> = {
      'egress/admin/path': adminSocket,
      'egress/routes/path': routesPath,
      'egress/routes/directory': state.folder('routes'),
      'egress/secrets/directory': state.path,
      'egress/secrets/server': secret(
        'server.json',
        serverSecret(file('server.pem', certificate), file('server.key', key), state.path),
      ),
      'egress/secrets/peers': secret(
        'peers.json',
        peersSecret({ [plan.trustDomain]: file('mesh.pem', authority.root) }),
      ),
      'egress/listen/address': address,
      'egress/listen/port': port,
      'egress/ready/address': address,
      'egress/ready/port': ready,
    };
    for (const [host, place] of Object.entries(places)) {
      values[`egress/${host}/endpoint/address`] = place.address;
      values[`egress/${host}/endpoint/port`] = place.port;
      values[`egress/${host}/ca/path`] = file(`${host}.pem`, readFileSync(roots, 'utf8'));
    }
    const standIns = Object.fromEntries(
      Object.entries(places).flatMap(([host, { standIn }]) =>
        standIn === undefined ? [] : [[host, standIn]],
      ),
    );
    const files = envoyFiles(plan, 'egress', undefined, { standIns });
    const render = (template: Parameters<typeof substitute>[0]) =>
      canonicalJson(substitute(template, values));
    const lines: string[] = [];
    const envoy = new Envoy(
      {
        point: 'egress',
        binary: await findEnvoy(),
        state: state.path,
        folder: state.folder('envoy'),
        adminSocket,
        routesPath,
        guardian,
        onEvent: (event) => {
          if (event.kind === 'decision') lines.push(event.line);
        },
      },
      { bootstrap: render(files.bootstrap), routes: render(files.routes) },
    );
    const out = new WayOut(
      plan,
      authority,
      state,
      guardian,
      addresses,
      envoy,
      render,
      { address, port },
      lines,
    );
    try {
      await envoy.start();
    } catch (error) {
      await out.close();
      throw error;
    }
    return out;
  }

  /** Have it judge by the rules of another plan of the same destinations. */
  async apply(plan: Plan, revocations: RevocationDocument): Promise<void> {
    await this.envoy.applyRoutes(this.render(envoyFiles(plan, 'egress', revocations).routes));
  }

  /** The status that the caller's call of a host gets. */
  call(host: string): Promise<number | undefined> {
    return this.ask('caller', 'GET', '/', host);
  }

  /** The status that a workload's request gets. */
  async ask(
    as: string,
    method: string,
    path: string,
    host: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<number | undefined> {
    const { spiffeId } = this.plan.services[as]!.sidecar;
    const leaf = this.#leaves.get(as) ?? this.authority.workload(spiffeId);
    this.#leaves.set(as, leaf);
    const { certificate, key } = await leaf;
    const connection = await Http1Connection.open({ ...this.target, tls: { certificate, key } });
    const { status } = await connection.send(requestBytes(method, path, host, headers));
    connection.close();
    return status;
  }

  async close(): Promise<void> {
    await this.envoy.stop();
    await this.addresses.close();
    this.state.remove();
    await this.guardian.close();
  }
}

/** A plan with these ways out. */
export function planOf(
  egress: readonly EgressRuleLike<(typeof CALLERS)[number]>[],
  engine: Engine = 'local',
): Plan {
  return resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'test',
      ...(engine === 'kubernetes' && { authority: { namespace: 'shop' } }),
      services: { caller: http({ host: 'www.shop.example' }), second: http(), third: http() },
      egress,
    }),
    { engine },
  );
}

function destination(host: string, port: number): Destination {
  return port === 443 ? `https://${host}` : `https://${host}:${port}`;
}
