import { request } from 'node:https';
import { join } from 'node:path';
import type { PointProfile } from '../../../lib/envoy/index.js';
import {
  allow,
  anyone,
  defineZeroTrust,
  deny,
  http,
  mfa,
  oidc,
  user,
  workload,
} from '../../../lib/model/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import type { Json } from '../../../lib/policy/request.js';
import type { Revocation } from '../../../lib/policy/revocation.js';
import type { TestAuthority } from '../../engines/support/authority.js';
import { issuerKey, type IssuerKey, TestIssuer } from '../../engines/support/issuer.js';
import { KeyServer } from '../../engines/support/key-server.js';
import type { AgentProcess } from './agent-process.js';
import { clientCertificate } from './api-gateway.js';
import { imageIn } from './image.js';
import { TestMesh } from './mesh.js';
import { publicAuthority } from './public-keys.js';

const ISSUER = 'https://login.shop.example';
export const HOST = 'www.shop.example';
export const SIDECAR = 'services/web/sidecar';
export const FAR = 4_000_000_000;

/** Too long for the Envoys below, once a parameter follows. */
export const LONG = '/reports/quarterly/by-region';

/** Where expressions of Envoy may be that short. */
function withShortPaths<Result>(work: () => Result): Result {
  const [path] = ABILITIES.envoy.limits;
  const most = jest.replaceProperty(path as { most: number }, 'most', 30);
  try {
    return work();
  } finally {
    most.restore();
  }
}

const resolved = withShortPaths(() =>
  resolve(
    defineZeroTrust({
      trustDomain: 'shop.example',
      environment: 'test',
      identity: {
        providers: {
          people: oidc({
            issuer: ISSUER,
            jwksUri: `${ISSUER}/jwks`,
            groupsClaim: 'groups',
            mfa: { claim: 'amr', value: 'mfa' },
          }),
        },
      },
      services: {
        web: http({ host: HOST, decisionService: 'everyPoint' }),
        orders: http({ decisionService: 'sidecar' }),
      },
      access: [
        allow(user({ groups: ['staff'] }))
          .to('web', `GET ${LONG}/{id}`)
          .named('reports'),
        deny(anyone()).to('web', `GET ${LONG}/secret`).named('no-secrets'),
        allow(user()).to('web', `POST ${LONG}/{id}`).when(mfa()).named('approve'),
        allow(workload('orders')).to('web', `GET ${LONG}/{id}`).named('orders-reports'),
        allow(user()).to('web', 'GET /plain').named('plain'),
      ],
    }),
    { engine: 'aws' },
  ),
);

/** A plan of AWS whose Envoys ask; with less time and room than one has, so that both run out in a test. */
export const askingPlan: Plan = {
  ...resolved,
  issuers: { people: { ...resolved.issuers['people']!, keyRefreshSeconds: 2 } },
  revocation: { maxEntries: 4, withinSeconds: 1, document: { version: 3, entries: [] } },
};

export interface Asked {
  readonly method?: string;
  readonly path: string;
  readonly token?: string;
}

/** Status and body of an answer. */
export type Answered = readonly [status: number | undefined, body: string];

/** A gateway behind API Gateway and a sidecar behind it, both with a decision service, and keys through the tunnel. */
export class AskingMesh {
  readonly keys: IssuerKey[] = [issuerKey('ES256', 'one')];
  readonly issuer = new TestIssuer('people', ISSUER, this.keys);
  readonly agents = new Map<string, AgentProcess>();
  readonly #clients = new Map<string, { readonly cert: string; readonly key: string }>();

  private constructor(
    readonly mesh: TestMesh,
    readonly bundle: string,
    private keyServer?: KeyServer,
  ) {}

  static async start(): Promise<AskingMesh> {
    const mesh = await TestMesh.create(askingPlan);
    const honest = await publicAuthority(mesh);
    const apiGateway = await clientCertificate();
    mesh.set('gateway/client/current', apiGateway.hash);
    mesh.set('gateway/client/next', apiGateway.hash);
    await mesh.application('web');
    const made = new AskingMesh(mesh, imageIn(join(mesh.state.path, 'image')));
    made.#clients.set('client', apiGateway);
    made.#clients.set('gateway', await mesh.leaf(askingPlan.gateway.spiffeId));
    made.#clients.set('orders', await mesh.leaf(askingPlan.services['orders']!.sidecar.spiffeId));
    made.revoke(3);
    await made.serveKeys(honest);
    await made.agent('key-tunnel');
    await Promise.all(['gateway', SIDECAR].map((point) => made.agent(point)));
    return made;
  }

  /** Start the agent of a point, or another one in its place. */
  async agent(point: string): Promise<AgentProcess> {
    const revocations = {
      ZTP_REVOCATIONS_BUCKET: 'bucket',
      ZTP_REVOCATIONS_KEY: 'revocations.json',
      ZTP_REVOCATIONS_OUTAGE: '30',
    };
    const profile: PointProfile = { keys: 'tunnel', ...(point === 'gateway' && { edge: 'apiGateway' }) };
    const edge: Record<string, string> = point === 'gateway' ? { ZTP_EDGE_CERTIFICATE: 'self-made' } : {};
    const { bundle } = this;
    const more = point === 'key-tunnel' ? {} : { environment: { ...revocations, ...edge }, profile };
    const agent = await this.mesh.serving(point, { bundle, ...more });
    this.agents.set(point, agent);
    return agent;
  }

  /** Serve the issuer's keys, by the certificate of that authority. */
  async serveKeys(authority: TestAuthority): Promise<void> {
    await this.keyServer?.close();
    const place = this.mesh.at('issuers/people/endpoint');
    const leaf = await authority.edge(['login.shop.example']);
    this.keyServer = await KeyServer.start(place, leaf, askingPlan, [this.issuer]);
  }

  token(claims: Readonly<Record<string, Json>> = {}, key = this.keys[0]!): string {
    const now = Math.floor(Date.now() / 1000);
    const aud = askingPlan.services['web']!.audience;
    const all = { iss: ISSUER, sub: 'ada', aud, iat: now, exp: now + 300, ...claims };
    return this.issuer.sign({ alg: key.algorithm, kid: key.kid! }, all, key);
  }

  /** Send a request to a point as that peer. */
  ask(
    point: string,
    as: 'client' | 'gateway' | 'orders',
    { method = 'GET', path, token }: Asked,
  ): Promise<Answered> {
    const { address, port } = this.mesh.at(`${point}/listen`);
    const { cert, key } = this.#clients.get(as)!;
    const headers = { host: HOST, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const options = { host: address, port, method, path, headers, cert, key, rejectUnauthorized: false };
    return new Promise((done, fail) => {
      request({ ...options, agent: false }, (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (text: string) => {
          body += text;
        });
        answer.once('end', () => done([answer.statusCode, body]));
      })
        .once('error', fail)
        .end();
    });
  }

  revoke(version: number, ...entries: Revocation[]): void {
    this.mesh.cloud.objects.set('bucket/revocations.json', JSON.stringify({ version, entries }));
  }

  /** The process ID that the agent last told of its decision service. */
  decisionPid(point: string): number {
    const { lines } = this.agents.get(point)!;
    return Number(
      lines.findLast((line) => line['event'] === 'decision-service' && line['process'])?.['process'],
    );
  }

  /** Lines of the decision log that the decision service of a point wrote about a path. */
  asked(point: string, path: string): Readonly<Record<string, unknown>>[] {
    return this.agents
      .get(point)!
      .output.filter((line) => line.startsWith('{') && line.includes(`"${point}/decision"`))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((line) => line['path'] === path);
  }

  async close(): Promise<void> {
    await this.mesh.close();
    await this.keyServer?.close();
  }
}
