import { EgressGateway, type EgressGatewayProps } from '../../../../constructs/aws-cdk/egress/index.js';
import type { MeshProps } from '../../../../constructs/aws-cdk/mesh/index.js';
import {
  allow,
  allowOut,
  anyone,
  connect,
  defineZeroTrust,
  http,
  oidc,
  tcp,
  user,
  workload,
} from '../../../../lib/model/index.js';
import { resolve } from '../../../../lib/plan/resolve.js';
import { world, type World } from '../mesh/world.js';

/** `payments` calls a bank and, at another port, a host for mail; `ledger` is a database; nobody else calls outside. */
export const plan = resolve(
  defineZeroTrust({
    trustDomain: 'shop.example',
    environment: 'test',
    identity: {
      providers: {
        people: oidc({ issuer: 'https://login.shop.example', jwksUri: 'https://keys.shop.example/jwks' }),
      },
    },
    services: { web: http({ host: 'www.shop.example' }), payments: http(), ledger: tcp() },
    access: [
      allow(anyone()).to('web', 'GET /'),
      allow(user({ groups: ['staff'] })).to('web', 'GET /admin/**'),
      allow(workload('web')).to('payments', 'GET /charges/{id}'),
      allow(workload('payments')).to('ledger', connect()),
    ],
    egress: [
      allowOut(workload('payments')).to('https://api.bank.example', 'POST /transfers'),
      allowOut(workload('payments')).to('https://mail.example:8443'),
    ],
  }),
  { engine: 'aws' },
);

const ALL = Object.keys(plan.services);

export interface EgressWorld extends World {
  readonly egress: EgressGateway;
}

/** A mesh with ways out, without the gateway that leads them. */
export function withoutGateway(props: Partial<MeshProps> = {}): World {
  return world({ plan, unjoined: ALL, ...props });
}

/** A mesh with ways out and the gateway that leads them. */
export function egressWorld(
  props: Partial<EgressGatewayProps> = {},
  mesh: Partial<MeshProps> = {},
): EgressWorld {
  const made = withoutGateway(mesh);
  return { ...made, egress: new EgressGateway(made.platform, 'Egress', { mesh: made.mesh, ...props }) };
}

/** The codes of what is wrong with a mesh. */
export function codes({ mesh }: World): (string | undefined)[] {
  return mesh.node.validate().map((text) => /^([a-z-]+):/.exec(text)?.[1]);
}
