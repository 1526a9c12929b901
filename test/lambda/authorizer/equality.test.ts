import fc from 'fast-check';
import {
  type Credential,
  decide,
  type Decision,
  indexPolicy,
  type JsonObject,
  type Request,
  type Revocation,
  resolve,
  STATUS,
  type Template,
} from '../../../lib/index.js';
import { CERTIFICATE_HASH, SOURCE_ADDRESS } from '../../../lambda/authorizer/service.js';
import { TestAuthority } from '../../engines/support/authority.js';
import { shop } from '../../model/shop.js';
import { scene } from '../../policy/aim.js';
import { anyRules, policyWith, revocation, THUMBPRINT } from '../../policy/arbitrary.js';
import { NOW } from '../../policy/fixture.js';
import { createDecisionService } from './decision-service.js';
import { Prover } from './prover.js';
import { API, authorizerDataOf, builds, httpEvent, partners, people, restEvent, Testbed } from './testbed.js';

/** `RUNS` over the default runs a longer campaign, as does `PROVE=1`, which `npm run prove` sets. */
const RUNS = Number(process.env['RUNS'] ?? (process.env['PROVE'] === '1' ? 30_000 : 1500));
const APIS = { orders: API, ledger: 'ledgerapi1', unknown: 'nobodysapi' } as const;
const REST: Readonly<Record<Decision['outcome'], number>> = {
  allow: 200,
  preflight: 200,
  nonCanonical: 403,
  invalidToken: 401,
  login: 401,
  tokenRequired: 401,
  stepUp: 401,
  forbidden: 403,
};

let client: { readonly certificate: string; readonly thumbprint: string };
beforeAll(async () => {
  const authority = await TestAuthority.create(resolve(shop()).certificates, 'clients.test');
  client = await authority.workload('spiffe://clients.test/ns/default/sa/client');
});

/** The one key of the client, which the tokens of random requests are bound to, or not. */
const prover = new Prover();

/** The same request with a real certificate, a token that its issuer signed, and whether a proof comes with it. */
function realOf({ certificateThumbprint, provenKey, credential, ...rest }: Request): {
  request: Request;
  token?: string;
} {
  const request: Request = {
    ...rest,
    point: { kind: 'gateway' },
    credential,
    ...(certificateThumbprint !== undefined && { certificateThumbprint: client.thumbprint }),
    ...(provenKey !== undefined && { provenKey: prover.thumbprint }),
  };
  if (credential.kind !== 'jwt') return { request };
  const issuer = [people, partners, builds].find((one) => one.issuer === credential.claims['iss'])!;
  const said = JSON.stringify(credential.claims);
  // A token without `iat` is bad here: it is in the table of what is stricter.
  const claims = {
    iat: NOW - 60,
    ...(JSON.parse(
      said
        .replace(`"x5t#S256":"${THUMBPRINT}"`, `"x5t#S256":"${client.thumbprint}"`)
        .replace(/"jkt":"(?:A4Dt[^"]*|proven)"/, `"jkt":"${prover.thumbprint}"`),
    ) as JsonObject),
  };
  const header = { ...credential.header, kid: issuer.keys[0]!.kid! };
  const token = issuer.sign(header, claims);
  const real: Credential = { ...credential, header, claims, bytes: token.length };
  return { request: { ...request, credential: real }, token };
}

/**
 * What the authorizer says: what `decide` says, but that a bound token is bad without its certificate, and a proof
 * is bad if it is for nobody's host.
 */
function expected(
  decision: Decision,
  { authority, credential, certificateThumbprint }: Request,
): Decision['outcome'] {
  const cnf = credential.kind === 'jwt' ? (credential.claims['cnf'] as JsonObject | undefined) : undefined;
  const isProven = credential.kind === 'jwt' && credential.scheme === 'DPoP';
  if (isProven && authority === 'unknown.shop.test') return 'invalidToken';
  const isBound =
    cnf === undefined ||
    (cnf['x5t#S256'] !== undefined && cnf['x5t#S256'] === certificateThumbprint) ||
    (isProven && typeof cnf['jkt'] === 'string');
  return isBound ? decision.outcome : 'invalidToken';
}

/** The lines of a token, with a new proof each time: it serves once. */
function credentialLines(
  { credential, provenKey, method, authority, path }: Request,
  token: string | undefined,
): [string, string][] {
  if (token === undefined || credential.kind !== 'jwt') return [];
  const htu = `https://${authority}${path.replace(/\?.*$/, '')}`;
  return [
    ['authorization', `${credential.scheme ?? 'Bearer'} ${token}`],
    ...(provenKey === undefined
      ? []
      : [['dpop', prover.proof(token, { htm: method, htu })] satisfies [string, string]]),
  ];
}

/** What the decision service beside a gateway answers to the same request. */
function served(bed: Testbed, request: Request, token: string | undefined): Promise<number> {
  const service = createDecisionService({
    template: bed.data as unknown as Template,
    refs: {},
    environment: {},
    clock: () => bed.now,
    write: () => undefined,
    fetchText: bed.answer,
  });
  const { certificateThumbprint: thumbprint } = request;
  const headers = [
    ['host', request.authority],
    [SOURCE_ADDRESS, request.sourceAddress],
    ...credentialLines(request, token),
    ...(thumbprint === undefined
      ? []
      : [[CERTIFICATE_HASH, Buffer.from(thumbprint, 'base64url').toString('hex')]]),
  ];
  const incoming = { method: request.method, url: request.path, rawHeaders: headers.flat() };
  return new Promise((done) => {
    let status = 0;
    const response = {
      writeHead: (given: number) => {
        status = given;
      },
      end: () => done(status),
    };
    service(incoming as never, response as never);
  });
}

test(`the bundled handler and the decision service decide as \`decide\` does, ${RUNS} random policies and requests`, async () => {
  const met = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(
      scene(anyRules),
      fc.array(revocation, { maxLength: 2 }),
      async ([rules, drawn], entries: Revocation[]) => {
        const policy = policyWith(rules);
        const document = { version: 1, entries };
        const bed = new Testbed(
          authorizerDataOf(policy, {
            apis: [
              { service: 'orders', api: APIS.orders },
              { service: 'ledger', api: APIS.ledger },
            ],
            revocation: { store: { kind: 'none' }, document, refreshSeconds: 60, outageSeconds: 300 },
          }),
        );
        const { request, token } = realOf(drawn);
        const decision = decide(indexPolicy(policy, document), request);
        const outcome = expected(decision, request);
        const sent = {
          method: request.method,
          path: request.path.replace(/\?.*$/, ''),
          sourceIp: request.sourceAddress,
          ...(request.certificateThumbprint !== undefined && { certificate: client.certificate }),
        };
        const api = APIS[request.authority.split('.')[0] as keyof typeof APIS];
        const again = () => ({ ...sent, headers: credentialLines(request, token) });
        const rest = () => {
          const event = restEvent(again());
          return {
            ...event,
            methodArn: event.methodArn.replace(API, api),
            requestContext: { ...event.requestContext, apiId: api },
          };
        };
        expect(await bed.status(rest())).toBe(REST[outcome]);
        // A token that is known by now is judged the same.
        expect(await bed.status(rest())).toBe(REST[outcome]);
        if (outcome === decision.outcome && decision.service !== undefined) {
          const { rule, wouldAllow, wouldRefuse, operation, reason } = decision;
          const { line } = bed;
          expect({
            rule: line.rule,
            operation: line.operation,
            wouldAllow: line.wouldAllow,
            wouldRefuse: line.wouldRefuse,
            // The log says what is wrong with a proof.
            reason: line.reason?.replace(/^(token proof): .*/, '$1'),
          }).toEqual({ rule, operation, wouldAllow, wouldRefuse, reason });
        }
        if (api === API && !sent.path.includes('%') && sent.certificate === undefined) {
          expect((await bed.status(httpEvent(again()))) === 200).toBe(REST[outcome] === 200);
        }
        expect(await served(bed, request, token)).toBe(outcome === 'allow' ? 200 : STATUS[outcome]);
        met.set(outcome, (met.get(outcome) ?? 0) + 1);
      },
    ),
    { numRuns: RUNS },
  );
  // Every outcome but those of form and preflight, which other tests compare.
  for (const outcome of ['allow', 'invalidToken', 'tokenRequired', 'stepUp', 'forbidden']) {
    expect([outcome, (met.get(outcome) ?? 0) > RUNS / 1000]).toEqual([outcome, true]);
  }
});
