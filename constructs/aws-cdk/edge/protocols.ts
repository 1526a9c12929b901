import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { ABILITIES } from '../../../lib/policy/compile/abilities/index.js';
import { ConstructError } from '../support/error.js';

/** What users can be led in by. */
export type EdgeKind = 'rest-api' | 'http-api' | 'application-load-balancer' | 'network-load-balancer';
/** What users speak. */
export type EdgeProtocol = 'http' | 'grpc' | 'websocket' | 'tcp';

/** `passes`, or why it does not: the words that a user reads. */
export type EdgeAnswer = { readonly passes: true } | { readonly passes: false; readonly because: string };

const passes: EdgeAnswer = { passes: true };
const refused = (because: string): EdgeAnswer => ({ passes: false, because });

/**
 * Which protocol passes which edge with every check of the platform in force. `ServiceEdge` makes the first, and
 * `LoadBalancerEdge` the third, for services with `login` or `edge: 'loadBalancer'`; the gateway's own load balancer is the last,
 * and needs no API Gateway.
 * Sources: "Amazon API Gateway important notes", "Target groups for your Application Load Balancers", and the
 * gateway's own listeners (`lib/envoy`).
 */
export const EDGE_PROTOCOLS: Readonly<Record<EdgeKind, Readonly<Record<EdgeProtocol, EdgeAnswer>>>> = {
  'rest-api': {
    http: passes,
    // A rule that lets clients call it is refused before, with the plan; here is a service without one.
    grpc: refused(ABILITIES.authorizer.operations.rpc.note!),
    websocket: refused('a REST API answers no upgrade'),
    tcp: refused('a REST API takes HTTP requests alone'),
  },
  'http-api': {
    http: refused('an HTTP API decodes the path before it hands it on, and takes no firewall'),
    grpc: refused('an HTTP API calls its integrations by HTTP/1.1'),
    websocket: refused('an HTTP API answers no upgrade'),
    tcp: refused('an HTTP API takes HTTP requests alone'),
  },
  'application-load-balancer': {
    http: passes,
    grpc: refused('the gateway takes HTTP/1.1 of it'),
    websocket: refused('the gateway refuses upgrades'),
    tcp: refused('it takes HTTP requests alone'),
  },
  'network-load-balancer': {
    http: passes,
    grpc: passes,
    websocket: refused('the gateway refuses upgrades'),
    tcp: refused('the gateway has no listener for TCP'),
  },
};

/** The edges that a protocol passes. */
export function edgesFor(protocol: EdgeProtocol): EdgeKind[] {
  return (Object.keys(EDGE_PROTOCOLS) as EdgeKind[]).filter((edge) => EDGE_PROTOCOLS[edge][protocol].passes);
}

/** Throws if the service's protocol does not pass the edge. */
export function checkProtocol(scope: Construct, edge: EdgeKind, plan: Plan, service: string): void {
  const { protocol } = plan.services[service]!;
  const answer = EDGE_PROTOCOLS[edge][protocol];
  if (answer.passes) return;
  const takes = (Object.keys(EDGE_PROTOCOLS[edge]) as EdgeProtocol[]).filter(
    (other) => EDGE_PROTOCOLS[edge][other].passes,
  );
  throw new ConstructError(scope, {
    code: 'edge-protocol',
    message: `${protocol} does not pass this edge: ${answer.because}`,
    prop: 'service',
    found: `${service}, which speaks ${protocol}, at ${edge}`,
    // Other edges are no answer: nothing here leads users straight to the gateway's load balancer.
    expected: `a service that speaks ${takes.join(' or ')}`,
    remedy: 'Speak HTTP where users come, and let that service call this one; or name it in `notExposed`.',
  });
}
