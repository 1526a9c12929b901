import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { askedText, resolvedConnection } from '../lib/insight/connection.js';
import { describeSeconds } from '../lib/insight/describe.js';
import { type Call, type Explanation, explain, type PointExplanation } from '../lib/insight/explain.js';
import { planIndex } from '../lib/insight/plan-index.js';
import { claimsToken, pipelineToken, userToken } from '../lib/insight/token.js';
import type { Plan } from '../lib/plan/plan.js';
import { calledService } from '../lib/policy/called-service.js';
import { boundKey } from '../lib/policy/claim.js';
import { usesSession } from '../lib/policy/login.js';
import type { Credential } from '../lib/policy/request.js';
import { readCredential } from '../lib/policy/token.js';
import { parseTokenJson } from '../lib/policy/token-json.js';
import type { CurlRequest } from './curl.js';
import { cliError } from './error.js';
import type { ExplainOptions } from './explain.js';
import { loadPlan } from './load-plan.js';
import { styled, wrap } from './text.js';

/** The thumbprint of the certificate that `--bound` speaks of: any will do, as long as it is the same. */
const SHOWN_CERTIFICATE = createHash('sha256').update('the certificate of the client').digest('base64url');
/** The thumbprint of the key that `--proven` speaks of. */
const PROVEN_KEY = createHash('sha256').update('the key of the client').digest('base64url');

/** What `ztp explain` prints. */
export async function explainModel(path: string, options: ExplainOptions): Promise<string> {
  const plan = await loadPlan(path, options.engine);
  const call = withSession(
    plan,
    options.curl ? curlCall(options.curl, options) : callOf(plan, options),
    options,
  );
  const explanation = explain(plan, call, options.at);
  if (options.json)
    return `${JSON.stringify({ request: shownRequest(call), ...explanation }, undefined, 2)}\n`;
  return `${explanationText(call, caller(call, options), explanation, options.at === undefined)}\n`;
}

function callOf(plan: Plan, options: ExplainOptions): Call {
  const now = options.time ?? Math.floor(Date.now() / 1000);
  const workload = options.as?.kind === 'workload' ? options.as.name : undefined;
  checkCaller(plan, options, workload);
  const certificateThumbprint = options.certificate ?? (options.bound ? SHOWN_CERTIFICATE : undefined);
  return {
    ...resolvedConnection(plan, options.request),
    headers: options.header ?? [],
    credential: credentialOf(plan, options, now),
    ...(workload !== undefined && { workload }),
    sourceAddress: options.from,
    ...(certificateThumbprint !== undefined && { certificateThumbprint }),
    ...(options.proven && { provenKey: PROVEN_KEY }),
    now,
  };
}

/** The caller of a curl command is a client, with whatever token is in the headers. */
function curlCall(curl: CurlRequest, { from, time }: ExplainOptions): Call {
  const credential = readCredential(curl.headers, () => true);
  const provenKey = provenBy(curl, credential);
  return {
    method: curl.method,
    authority: curl.authority,
    path: curl.path,
    headers: curl.headers.filter(([name]) => name !== 'authorization'),
    credential,
    sourceAddress: from,
    ...(curl.certificate !== undefined && { certificateThumbprint: curl.certificate }),
    ...(provenKey !== undefined && { provenKey }),
    now: time ?? Math.floor(Date.now() / 1000),
  };
}

/**
 * At a service with login, a request by the cookies of a session: whose it is, only the gateway can unseal, so `--as` says it.
 * Throws `session-sealed` where nothing does.
 */
function withSession(plan: Plan, call: Call, options: ExplainOptions): Call {
  const service = calledService(planIndex(plan), call.authority);
  const hasLogin = service !== undefined && plan.policy.services[service]?.login === true;
  const isSession = hasLogin && call.workload === undefined && usesSession(call.headers ?? []);
  if (
    options.curl &&
    options.as &&
    !(isSession && options.as.kind === 'user' && call.credential.kind === 'none')
  ) {
    throw cliError('no-session', '--as', 'a curl command says itself who calls', {
      expected: 'user:PROVIDER, beside the cookies of a session at a service with login and no token',
      remedy: 'leave --as out',
    });
  }
  if (!isSession) return call;
  if (options.as?.kind === 'user') {
    checkProvider(plan, '--as', options.as.name);
    const session = options.curl ? credentialOf(plan, options, call.now) : call.credential;
    return { ...call, credential: { kind: 'none' }, session };
  }
  if (options.anonymous || call.credential.kind !== 'none') return call;
  throw cliError(
    'session-sealed',
    'cookie',
    'whose session it is cannot be read from its cookies: the gateway sealed them',
    {
      expected: '--as user:PROVIDER, with --groups, --mfa, …',
      remedy:
        'say with --request, --header and --as whose session it is, or --anonymous for one that has ended',
    },
  );
}

/** A proof that comes with a token counts as one by the key that the token is bound to. */
function provenBy({ headers }: CurlRequest, credential: Credential): string | undefined {
  const proofs = headers.filter(([name]) => name === 'dpop');
  return credential.kind === 'jwt' && credential.scheme === 'DPoP' && proofs.length === 1
    ? boundKey(credential.claims)
    : undefined;
}

function checkCaller(plan: Plan, options: ExplainOptions, workload: string | undefined): void {
  if (workload !== undefined && !Object.hasOwn(plan.services, workload)) {
    throw cliError('unknown-service', '--as', `the model has no service "${workload}"`, {
      found: workload,
      expected: Object.keys(plan.services).join(', '),
      remedy: 'name one of these',
    });
  }
  if (options.as?.kind === 'user') checkProvider(plan, '--as', options.as.name);
  if (options.onBehalfOf !== undefined) checkProvider(plan, '--on-behalf-of', options.onBehalfOf);
  if (options.as?.kind === 'pipeline') checkPipeline(plan, options.as.name);
  if (workload !== undefined && options.at === 'gateway') {
    throw cliError('not-on-the-way', '--at', 'a workload calls the sidecar of a service, never the gateway', {
      remedy: 'leave --at out',
    });
  }
  if (options.onBehalfOf !== undefined && workload === undefined) {
    throw cliError('no-workload', '--on-behalf-of', 'only a workload acts for a user', {
      remedy: '--as workload:SERVICE --on-behalf-of user:PROVIDER',
    });
  }
  const describes = (
    ['subject', 'groups', 'scope', 'claim', 'mfa', 'signedIn', 'bound', 'proven'] as const
  ).find((name) => options[name] !== undefined);
  if (describes !== undefined && options.as?.kind !== 'user' && options.onBehalfOf === undefined) {
    throw cliError(
      'no-user',
      `--${describes === 'signedIn' ? 'signed-in' : describes}`,
      'it describes a user',
      {
        remedy: '--as user:PROVIDER, or --on-behalf-of user:PROVIDER with a workload',
      },
    );
  }
}

function checkProvider(plan: Plan, option: string, name: string): void {
  const users = Object.entries(plan.policy.issuers).filter(([, { kind }]) => kind === 'user');
  const known = users.map(([issuer]) => issuer);
  if (known.includes(name)) return;
  throw cliError(
    'unknown-provider',
    option,
    `the model has no provider "${name}" whose tokens can be judged`,
    {
      found: name,
      ...(known.length > 0 && { expected: known.join(', ') }),
      remedy: known.length > 0 ? 'name one of these' : 'declare it under `identity.providers` of the model',
    },
  );
}

function checkPipeline(plan: Plan, name: string): void {
  const known = Object.values(plan.issuers).flatMap((node) => Object.keys(node.pipelines ?? {}));
  if (known.includes(name)) return;
  throw cliError('unknown-pipeline', '--as', `the model has no pipeline "${name}"`, {
    found: name,
    ...(known.length > 0 && { expected: known.join(', ') }),
    remedy: known.length > 0 ? 'name one of these' : 'declare it under `identity.pipelines` of the model',
  });
}

function credentialOf(plan: Plan, options: ExplainOptions, now: number): Credential {
  if (options.tokenFile !== undefined) return tokenFromFile(plan, options.tokenFile);
  const { authority } = resolvedConnection(plan, options.request);
  const service = calledService(planIndex(plan), authority);
  if (options.as?.kind === 'pipeline') return pipelineToken(plan, service, options.as.name, now);
  const issuer = options.as?.kind === 'user' ? options.as.name : options.onBehalfOf;
  if (issuer === undefined) return { kind: 'none' };
  return userToken(
    plan,
    service,
    {
      issuer,
      ...(options.subject !== undefined && { subject: options.subject }),
      ...(options.groups && { groups: options.groups }),
      ...(options.scope && { scopes: options.scope }),
      ...(options.claim && { claims: options.claim }),
      ...(options.mfa && { multiFactor: true }),
      ...(options.signedIn !== undefined && { signedInAgo: options.signedIn }),
      ...(options.bound && { boundTo: options.certificate ?? SHOWN_CERTIFICATE }),
      ...(options.proven && { provenBy: PROVEN_KEY }),
    },
    now,
  );
}

/** Claims as JSON, or a compact token, of which nothing is ever printed. */
function tokenFromFile(plan: Plan, file: string): Credential {
  let content: string;
  try {
    content = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw cliError('token-file-unreadable', file, 'the file cannot be read', {
      found: error instanceof Error ? error.message : String(error),
      remedy: 'name a file that is there and may be read',
    });
  }
  const parts = content.startsWith('{')
    ? []
    : content.split('.').map((part) => Buffer.from(part, 'base64url'));
  const compact = parts.length === 3;
  const claims = parseTokenJson((compact && parts[1]) || Buffer.from(content));
  const header = compact && parts[0] ? parseTokenJson(parts[0]) : undefined;
  if (!claims || (compact && !header)) {
    throw cliError('token-file-invalid', file, 'the file holds neither a JSON object nor a token', {
      expected: '{ "iss": "…", "sub": "…", "aud": "…", "exp": 1900000000 }',
      remedy: 'write the claims as one JSON object, each name once, or put the compact token there',
    });
  }
  return claimsToken(plan, claims, header);
}

export function shownRequest({ method, authority, path, workload, sourceAddress, now }: Call): object {
  const time = new Date(now * 1000).toISOString();
  return { method, authority, path, ...(workload !== undefined && { workload }), from: sourceAddress, time };
}

/** What `ztp explain` prints of one request, for people. */
export function explanationText(
  call: Call,
  who: string,
  { outcome, points }: Explanation,
  isWhole: boolean,
): string {
  const end = {
    admitted: styled('green', 'The request is admitted.'),
    refused: styled('red', 'The request is refused.'),
    answered: 'The gateway answers the request.',
  }[outcome];
  return [
    styled('bold', wrap(askedText(call))),
    wrap(who),
    ...points.flatMap((point, at) => ['', ...pointLines(point, points[at - 1])]),
    ...(isWhole ? ['', end] : []),
  ].join('\n');
}

function caller(call: Call, options: ExplainOptions): string {
  const { as, onBehalfOf, tokenFile, claim, signedIn, curl } = options;
  if (curl) {
    const bears = call.credential.kind === 'none' ? 'without a token' : 'with the token of the command';
    const who = call.session && as ? `by the session of user:${as.name}` : bears;
    return `${who}, from ${call.sourceAddress}`;
  }
  const who = as === undefined ? 'without a token' : `as ${as.kind}:${as.name}`;
  const said = [
    tokenFile === undefined ? who : `with the token of ${tokenFile}`,
    ...(onBehalfOf === undefined ? [] : [`on behalf of user:${onBehalfOf}`]),
    ...(options.groups ? [`groups ${options.groups.join(' ')}`] : []),
    ...(options.scope ? [`scope ${options.scope.join(' ')}`] : []),
    ...Object.entries(claim ?? {}).map(([name, value]) => `${name} ${JSON.stringify(value)}`),
    ...(options.mfa ? ['more than one factor'] : []),
    ...(signedIn === undefined ? [] : [`signed in ${describeSeconds(signedIn)} ago`]),
    ...(options.bound ? ['bound to its certificate'] : []),
    ...(options.proven ? ['with a DPoP proof'] : []),
    `from ${call.sourceAddress}`,
  ];
  return said.join(', ');
}

function pointLines(explained: PointExplanation, before: PointExplanation | undefined): string[] {
  const { point, reached, decision, status, because } = explained;
  const answer = status === undefined ? 'admits' : `${status} ${decision.outcome}`;
  const title = reached ? `${point}: ` : `${point}, which the request does not reach: `;
  const same = before !== undefined && before.because.join('\n') === because.join('\n');
  return [
    `${title}${styled(status === undefined ? 'green' : 'red', answer)}`,
    ...(same ? ['  The same, decided on its own.'] : because.map(indented)),
  ];
}

function indented(line: string): string {
  return line.startsWith('- ') ? wrap(line.slice(2), '    - ', '      ') : wrap(line, '  ');
}
