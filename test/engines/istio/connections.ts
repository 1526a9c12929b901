import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { decideConnection } from '../../../lib/policy/connection.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { spiffeId } from '../../../lib/plan/names.js';
import { Draw } from '../equality/draw.js';
import { CALLERS, drawPlan, SOURCES } from '../tcp/draw.js';
import { type Counts, Disagreement } from './explore.js';
import { MeshEnvoy } from './mesh-envoy.js';
import { FOREIGN, type MeshGround } from './mesh-ground.js';
import { type MeshPolicy, translate, type TranslateOptions } from './mesh-policy.js';

const SERVICE = 'ledger';
const GREETING = 'greeting';
/** Milliseconds in which a server that speaks first would have been heard. */
const SILENCE = 60;

/** What every run must have met. */
export const WANTED_CONNECTIONS = [
  ...['admitted', 'refused', 'refused by a deny', 'closed or withdrawn'].map((one) => `connection ${one}`),
  ...['a workload', 'a stranger', 'another trust domain'].map((one) => `connection from ${one}`),
  'connection without a byte',
  'connection by a network',
] as const;

export interface ConnectionExploration {
  readonly seed: number;
  readonly policies: number;
  readonly connections: number;
  /** What is changed before Istio reads it. @default nothing */
  readonly changed?: Omit<TranslateOptions, 'port'>;
}

/**
 * Random policies of a TCP service by way of Istio's own translation, before a server that speaks first. Throws at the
 * first connection on which the sidecar and `decide` differ: whether it came to the server, and whether a byte came back.
 */
export async function exploreConnections(
  ground: MeshGround,
  { seed, policies, connections, changed = {} }: ConnectionExploration,
  counts: Counts,
): Promise<number> {
  const address = await ground.testbed.addresses.address('istio-tcp');
  const server = await Speaker.start();
  let tried = 0;
  let envoy: MeshEnvoy | undefined;
  try {
    const cases = await Promise.all(
      fc.sample(fc.noBias(fc.gen()), { seed, numRuns: policies }).map(async (value) => {
        const draw = new Draw(value);
        const { plan: drawn, revocations: entries } = drawPlan(draw, { engine: 'kubernetes', dated: false });
        const revocation = { ...drawn.revocation, document: { version: 1, entries } };
        const plan = { ...drawn, revocation };
        const port = await ground.testbed.addresses.port(address, 20_000 + (tried++ % 20_000));
        const policy = await translate(ground.istio, plan, SERVICE, {
          port,
          asksDecisions: false,
          ...changed,
        });
        return { draw, plan, port, policy };
      }),
    );
    tried = 0;
    const [{ plan: first }] = cases as [(typeof cases)[0]];
    envoy = await MeshEnvoy.start(
      ground.testbed,
      cases.map(({ policy: { translated, runtime }, port }) => ({
        listen: { address, port },
        translated,
        runtime,
        application: server.endpoint,
      })),
      await ground.testbed.leaf(first.services[SERVICE]!.sidecar.spiffeId),
      { [first.trustDomain]: ground.testbed.authority.root, [FOREIGN]: ground.foreign.root },
    );
    for (const { draw, plan, port, policy } of cases) {
      for (let number = 0; number < connections; number += 1) {
        const { peer, sourceAddress, isSilent } = drawCaller(draw, plan);
        const now = Math.floor(Date.now() / 1000);
        const decision = decideConnection(policy.index, { service: SERVICE, peer, sourceAddress, now });
        const came = server.count;
        const said = isSilent ? '' : `hello ${number}`;
        const heard = await dial(ground, { address, port }, peer, sourceAddress, said);
        const isAllowed = decision.outcome === 'allow' && !isSilent;
        tried += 1;
        tell(counts, policy, { peer, isSilent, decision });
        const wanted = isAllowed ? GREETING + said : '';
        if (heard === wanted && server.count - came === (isAllowed ? 1 : 0)) continue;
        throw new Disagreement(
          [
            `seed ${seed}: decide says ${decision.outcome} (${decision.reason}) of ${peer} from ${sourceAddress}, ` +
              `${isSilent ? 'which said nothing' : 'which spoke'}; ` +
              `heard ${JSON.stringify(heard)}, ${server.count - came} came to the server`,
            JSON.stringify(plan.policy.services[SERVICE]!.rules),
          ].join('\n'),
        );
      }
    }
  } finally {
    await envoy?.close();
    await server.close();
  }
  return tried;
}

function drawCaller(draw: Draw, plan: Plan) {
  const own = (name: string) => spiffeId(plan.trustDomain, plan.namespace, name);
  const name = draw.pick(CALLERS);
  const peer = draw.chance(80)
    ? own(name)
    : draw.pick([
        own(SERVICE),
        own('gateway'),
        own(`${name}x`),
        spiffeId(plan.trustDomain, 'elsewhere', name),
        spiffeId(FOREIGN, plan.namespace, name),
      ]);
  return { peer, sourceAddress: draw.pick(SOURCES), isSilent: draw.chance(10) };
}

function tell(
  counts: Counts,
  { plan, index }: MeshPolicy,
  {
    peer,
    isSilent,
    decision,
  }: { peer: string; isSilent: boolean; decision: ReturnType<typeof decideConnection> },
): void {
  const add = (name: string) => {
    counts.set(`connection ${name}`, (counts.get(`connection ${name}`) ?? 0) + 1);
  };
  if (isSilent) return add('without a byte');
  add(decision.outcome === 'allow' ? 'admitted' : 'refused');
  if (decision.reason === 'denied') add('refused by a deny');
  const rules = index.policy.services[SERVICE]!.rules;
  if (plan.revocation.document.entries.length > 0) add('closed or withdrawn');
  if (rules.find(({ id }) => id === decision.rule)?.conditions.length) add('by a network');
  const isWorkload = CALLERS.some((name) => peer === spiffeId(plan.trustDomain, plan.namespace, name));
  add(
    isWorkload
      ? 'from a workload'
      : peer.startsWith(`spiffe://${FOREIGN}/`)
        ? 'from another trust domain'
        : 'from a stranger',
  );
}

/** Everything that comes back, until the server's last byte or the end; of a silent caller, for a moment. */
async function dial(
  ground: MeshGround,
  { address, port }: { readonly address: string; readonly port: number },
  peer: string,
  localAddress: string,
  said: string,
): Promise<string> {
  const { certificate, key } = peer.startsWith(`spiffe://${FOREIGN}/`)
    ? await ground.foreign.workload(peer)
    : await ground.testbed.leaf(peer);
  const options: ConnectionOptions & { readonly localAddress: string } = {
    host: address,
    port,
    localAddress,
    cert: certificate,
    key,
    ca: ground.testbed.authority.root,
    checkServerIdentity: () => undefined,
  };
  const socket = connectTls(options);
  let heard = '';
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    heard += bytes.toString('latin1');
  });
  await once(socket, 'secureConnect');
  if (said === '') await sleep(SILENCE);
  else {
    socket.write(said);
    await new Promise<void>((done) => {
      socket.on('data', () => heard.endsWith(said) && done());
      socket.once('close', () => done());
    });
  }
  socket.destroy();
  return heard;
}

/** A server that greets whoever connects, as MySQL does, and says back what it hears. */
class Speaker {
  count = 0;

  private constructor(
    private readonly server: Server,
    readonly endpoint: { readonly address: string; readonly port: number },
  ) {}

  static async start(): Promise<Speaker> {
    const server = createServer((socket) => {
      started.count += 1;
      socket.on('error', () => {});
      socket.write(GREETING);
      socket.pipe(socket);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
    const { port } = server.address() as { port: number };
    const started = new Speaker(server, { address: '127.0.0.1', port });
    return started;
  }

  async close(): Promise<void> {
    await new Promise<void>((done) => this.server.close(() => done()));
  }
}
