import type { Plan } from '../plan/plan.js';
import { CONNECTION } from '../policy/operation.js';

/** The part of a call that names what is asked for. */
export interface Asked {
  readonly method: string;
  readonly authority: string;
  readonly path: string;
}

/** `tcp://ledger`, or `tcp://` and the authority of a TCP service; undefined if it is no connection. */
export function parseConnection(text: string): Asked | undefined {
  const authority = /^tcp:\/\/([^/?#\s]+)$/.exec(text)?.[1];
  return authority === undefined ? undefined : { method: CONNECTION, authority, path: '/' };
}

/** A connection may name the service as the model does; anything else stays as it is. */
export function resolvedConnection<Call extends Asked>(plan: Plan, call: Call): Call {
  const service = call.method === CONNECTION ? plan.services[call.authority] : undefined;
  return service === undefined ? call : { ...call, authority: service.authority };
}

/** `GET https://orders.example/orders/17`, or `tcp://ledger.…`. */
export function askedText({ method, authority, path }: Asked): string {
  return method === CONNECTION ? `tcp://${authority}` : `${method} https://${authority}${path}`;
}
