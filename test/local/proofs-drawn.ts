import {
  allow,
  anyone,
  deny,
  http,
  mfa,
  type RuleLike,
  senderConstrained,
  user,
  workload,
  type ZeroTrustModel,
} from '../../lib/model/index.js';
import { tryResolve } from '../../lib/plan/resolve.js';
import type { JsonObject } from '../../lib/policy/request.js';
import type { Draw } from '../engines/equality/draw.js';
import { ORDERS, shop, WEB } from './model.js';

const PATHS = ['/a', '/b', '/c'] as const;

/** The model with a decision service beside every point, so that it may ask for proofs; one rule always does. */
export function provenModel(...rules: readonly RuleLike[]): ZeroTrustModel {
  const whole = shop(
    allow(user()).to('orders', 'GET /audit').named('audit').when(senderConstrained('dpop')),
    allow(user()).to('orders', 'GET /plain').named('plain'),
    ...rules,
  );
  const decisionService = 'everyPoint';
  return {
    ...whole,
    services: {
      ...whole.services,
      web: http({ host: WEB, decisionService }),
      orders: http({ host: ORDERS, decisionService }),
    },
  };
}

/** Random rules about proofs, of which a model can be made. */
export function drawProvenModel(draw: Draw): ZeroTrustModel {
  const rules: RuleLike[] = [];
  for (let wanted = 3 + draw.below(5); wanted > 0; wanted -= 1) {
    const more = [...rules, drawRule(draw)];
    if (tryResolve(provenModel(...more)).plan) rules.push(more.at(-1)!);
  }
  return provenModel(...rules);
}

function drawRule(draw: Draw): RuleLike {
  const operation = `GET ${draw.pick(PATHS)}` as const;
  const conditions = draw.some([senderConstrained('dpop'), mfa()], 2, 0);
  if (draw.chance(30))
    return deny(anyone())
      .to('orders', operation)
      .unless(...conditions);
  const principal = draw.pick([anyone(), user(), user({ groups: ['staff'] }), workload('web')]);
  return allow(principal)
    .to('orders', operation)
    .when(...conditions);
}

/** Whose key a token is bound to, and whose proof comes with it. */
export type Holder = 'client' | 'thief';

/** One thing that is wrong with a proof. */
const WRONGS = [{ htm: 'POST' }, { htu: 'https://other.example/a' }, { ath: 'x' }, { iat: 1 }, { jti: '' }];

export interface ProvenRequest {
  readonly at: 'gateway' | 'sidecar';
  /** Who calls a sidecar. */
  readonly peer: 'gateway' | 'web';
  readonly path: string;
  readonly scheme: 'Bearer' | 'DPoP';
  /** Undefined: no token comes. */
  readonly claims: JsonObject | undefined;
  readonly boundTo: Holder | undefined;
  /** The claims that a proof has in place of good ones. */
  readonly proof: { readonly by: Holder; readonly claims: object } | undefined;
  readonly times: 1 | 2;
}

export function drawProvenRequest(draw: Draw): ProvenRequest {
  const boundTo = draw.pick([undefined, 'client', 'client', 'client', 'thief'] as const);
  const fitting = boundTo === undefined ? 'Bearer' : 'DPoP';
  const claims = {
    ...(draw.chance(60) && { groups: ['staff'] }),
    ...(draw.chance(60) && { amr: ['mfa'] }),
    ...(draw.chance(5) && { aud: 'https://other.example' }),
  };
  const by = draw.chance(85) ? 'client' : 'thief';
  return {
    at: draw.chance(70) ? 'gateway' : 'sidecar',
    peer: draw.chance(70) ? 'gateway' : 'web',
    path: draw.pick([...PATHS, ...PATHS, '/audit', '/plain', '/nothing']),
    scheme: draw.chance(85) ? fitting : draw.pick(['Bearer', 'DPoP']),
    claims: draw.chance(90) ? claims : undefined,
    boundTo,
    proof: draw.chance(85) ? { by, claims: draw.chance(75) ? {} : draw.pick(WRONGS) } : undefined,
    times: draw.chance(20) ? 2 : 1,
  };
}
