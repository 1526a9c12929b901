import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS } from '../../lib/policy/decide.js';
import { isCanonicalAuthority, nonCanonicalPart } from '../../lib/policy/canonical.js';
import type { Policy } from '../../lib/policy/policy.js';
import { type HeaderLine, hostOf } from '../../lib/policy/request.js';
import { CERTIFICATE_HASH, DECIDING_RULE, PEER, SOURCE_ADDRESS } from '../../lib/point/decision-headers.js';
import { askerOf } from './asker.js';
import type { EdgeDecision, Verdict } from './authorizer.js';
import type { Statuses } from './decision-line.js';
import type { EdgeRequest } from './edge-request.js';
import { Nonces } from './nonce.js';
import { PROOF_ALGORITHMS } from './algorithm.js';
import { NONCE } from './proof.js';
import { EnforcementPoint, type PointOptions } from './point.js';

export { CERTIFICATE_HASH, SOURCE_ADDRESS };

/** A service with login has no decision service: without a place to lead to, a sign-in is a refusal. */
const STATUSES: Statuses = { ...STATUS, allow: 200, login: STATUS.tokenRequired, unavailable: 503 };

/** Status, challenge and body of each refusal, as the table of `docs/policy.md` has them for a gateway. */
const CHALLENGES: Partial<Record<EdgeDecision['outcome'], string>> = {
  invalidToken: 'Bearer error="invalid_token"',
  tokenRequired: 'Bearer',
  stepUp: 'Bearer error="insufficient_user_authentication"',
};
const BODIES: Readonly<Record<EdgeDecision['outcome'], string>> = {
  allow: '',
  preflight: '',
  nonCanonical: 'non-canonical request',
  invalidToken: 'invalid token',
  login: 'token required',
  tokenRequired: 'token required',
  stepUp: 'stronger authentication required',
  forbidden: 'forbidden',
  unavailable: 'unavailable',
};

export interface DecisionServiceOptions extends Omit<PointOptions, 'nonces'> {
  /**
   * Seconds of a nonce that every DPoP proof must carry. Each process has its own: a client that comes to
   * another is told a new one. @default proofs need none
   */
  readonly nonceSeconds?: number;
}

/** What answers questions, and whether it can. */
export interface DecisionService {
  readonly serve: (request: IncomingMessage, response: ServerResponse) => void;
  readonly isReady: () => Promise<boolean>;
}

/**
 * The decision service beside a gateway: Envoy's `ext_authz` over HTTP asks it with the request's own
 * method, path and headers. 200 admits, and nothing else does: not a timeout, not an error.
 */
export function createDecisionService(options: DecisionServiceOptions): DecisionService['serve'] {
  return openDecisionService(options).serve;
}

/** The same, for who wants to know how it is. */
export function openDecisionService(options: DecisionServiceOptions): DecisionService {
  const { nonceSeconds, clock = Date.now } = options;
  const nonces = nonceSeconds === undefined ? undefined : new Nonces(clock, nonceSeconds);
  const point = new EnforcementPoint({ ...options, ...(nonces && { nonces }) });
  const services = servicesByAuthority(point.policy);
  const serve: DecisionService['serve'] = (incoming, response) => {
    const request = readRequest(incoming, services);
    void point.decide(request, STATUSES).then((verdict) => {
      const { decision } = verdict;
      const challenge = challengeOf(verdict, request.authorization[0], point.policy.dpop === true);
      response.writeHead(STATUSES[decision.outcome], {
        'content-type': 'text/plain',
        ...(challenge !== undefined && { 'www-authenticate': challenge }),
        ...(decision.outcome === 'allow' &&
          decision.rule !== undefined && { [DECIDING_RULE]: decision.rule }),
        ...(nonces && { 'dpop-nonce': nonces.current }),
      });
      response.end(BODIES[decision.outcome]);
    });
  };
  return { serve, isReady: () => point.isReady() };
}

/** Of a request with a proof the challenge is that of its scheme; who sends no token is told of both. */
function challengeOf(
  { decision, proofFault }: Verdict,
  authorization: string | undefined,
  takesProofs: boolean,
): string | undefined {
  const challenge = CHALLENGES[decision.outcome];
  if (!takesProofs || challenge === undefined) return challenge;
  if (authorization === undefined) return `${challenge}, DPoP ${PROOF_ALGORITHMS}`;
  if (proofFault === NONCE) return `DPoP error="use_dpop_nonce", ${PROOF_ALGORITHMS}`;
  if (proofFault !== undefined) return `DPoP error="invalid_dpop_proof", ${PROOF_ALGORITHMS}`;
  return authorization.startsWith('DPoP ') ? challenge.replace('Bearer', 'DPoP') : challenge;
}

function servicesByAuthority(policy: Policy): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(policy.services).flatMap(([name, { authority, aliases = [] }]) =>
      [authority, ...aliases].map((host) => [host, name] as const),
    ),
  );
}

function readRequest(
  { method = '', url = '', rawHeaders }: IncomingMessage,
  services: ReadonlyMap<string, string>,
): EdgeRequest {
  const lines: HeaderLine[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    lines.push([rawHeaders[at]!.toLowerCase(), rawHeaders[at + 1]!]);
  }
  const valuesOf = (wanted: string) => lines.filter(([name]) => name === wanted).map(([, value]) => value);
  const hosts = valuesOf('host');
  const [host = ''] = hosts;
  const peers = valuesOf(PEER);
  const asker = askerOf(lines);
  const [hash, ...otherHashes] = valuesOf(CERTIFICATE_HASH);
  const [traceparent] = valuesOf('traceparent');
  const [requestId] = valuesOf('x-request-id');
  return {
    service: services.get(hostOf(host)),
    method,
    path: url,
    ...(hosts.length !== 1 && { doubt: 'not one host' }),
    // The service is known by the host, and a host of another form is nobody's.
    ...(hosts.length === 1 &&
      !isCanonicalAuthority(host) && {
        doubt: `non-canonical ${nonCanonicalPart(method, host, url, lines)}`,
      }),
    authorization: valuesOf('authorization'),
    proofs: valuesOf('dpop'),
    headers: lines,
    sourceAddress: valuesOf(SOURCE_ADDRESS).join(','),
    ...(peers.length === 1 && { peer: peers[0] }),
    ...(asker !== undefined && { asker }),
    ...(hash !== undefined &&
      otherHashes.length === 0 && { certificateThumbprint: Buffer.from(hash, 'hex').toString('base64url') }),
    ...(traceparent !== undefined && { traceparent }),
    ...(requestId !== undefined && { requestId }),
  };
}
