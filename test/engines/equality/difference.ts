import { EMERGENCY } from '../../../lib/policy/compile/envoy/index.js';
import type { Decision } from '../../../lib/policy/decide.js';
import { answered, answerOf, isGrpc } from '../support/outcome.js';
import type { Tried } from './ground.js';

export interface Difference {
  readonly in: 'answer' | 'forwarding' | 'log' | 'edge' | 'explanation';
  readonly text: string;
}

/** In what a point differs from `decide`; undefined if in nothing. */
export function difference(tried: Tried): Difference | undefined {
  const [edge] = tried.edges;
  if (edge !== undefined) return { in: 'edge', text: edge };
  if (refusedByProtocol(tried)) return undefined;
  for (const [place, look] of LOOKS) {
    const found = look(tried);
    if (found !== undefined) return { in: place, text: found };
  }
  return undefined;
}

/** HTTP/2 itself refuses some of what is not canonical, and so does Envoy's HTTP/1 parser: a reset, or a 400 of its own. */
function refusedByProtocol({ expected, reply, received }: Tried): boolean {
  if (expected.outcome !== 'nonCanonical' || received) return false;
  return reply.status === 400 || (reply.status === undefined && reply.end === 'reset');
}

function answer({ request, expected, reply, logged }: Tried): string | undefined {
  const wanted = answerOf(expected.outcome, isGrpc(request.headers));
  const got = answered(reply);
  const isSame =
    got !== undefined &&
    got.status === wanted.status &&
    got.challenge === wanted.challenge &&
    got.grpcStatus === wanted.grpcStatus;
  if (isSame) return undefined;
  const why = `${expected.outcome} (${expected.reason}${expected.rule ? `, ${expected.rule}` : ''})`;
  return `decide: ${why}, which is ${text(wanted)}; answered: ${got ? text(got) : reply.end}${
    logged ? ` (${String(logged['reason'])})` : ''
  }`;
}

/** Exactly what was judged arrives, and nothing that was refused. */
function forwarded({ request, expected, received }: Tried): string | undefined {
  if (expected.outcome !== 'allow') {
    return received && `refused (${expected.outcome}), and still it arrived at ${received.service}`;
  }
  if (!received) return 'admitted, and it arrived nowhere';
  const asked = { service: expected.service, method: request.method, path: request.path };
  const { service, method, path } = received;
  if (text(asked) !== text({ service, method, path })) {
    return `asked for ${text(asked)}; what arrived: ${text({ service, method, path })}`;
  }
  const token = request.headers.filter(([name, value]) => name === 'authorization' && value !== '');
  const arrived = received.headers.filter(([name]) => name === 'authorization');
  return text(token) === text(arrived.filter(([, value]) => value !== ''))
    ? undefined
    : 'the token that arrived is another';
}

function log({ expected, logged }: Tried): string | undefined {
  if (!logged) return `${expected.outcome}, answered so, and the decision log has no line about it`;
  const wanted = {
    decision: LOGGED[expected.outcome] ?? 'refuse',
    service: expected.outcome === 'nonCanonical' ? logged['service'] : expected.service,
    rule: expected.reason === 'emergency deny' ? EMERGENCY : expected.rule,
    wouldRefuse: expected.wouldRefuse,
    wouldAllow: expected.wouldAllow,
  };
  const { decision, service, rule, wouldRefuse, wouldAllow } = logged;
  const got = { decision, service, rule, wouldRefuse, wouldAllow };
  return text(wanted) === text(got) ? undefined : `decide: ${text(wanted)}; logged: ${text(got)}`;
}

const LOOKS: readonly [Difference['in'], (tried: Tried) => string | undefined][] = [
  ['answer', answer],
  ['forwarding', forwarded],
  ['log', log],
  ['explanation', ({ explained }) => explained],
];

const LOGGED: Readonly<Partial<Record<Decision['outcome'], string>>> = {
  allow: 'allow',
  preflight: 'preflight',
};

function text(value: unknown): string {
  return JSON.stringify(value);
}
