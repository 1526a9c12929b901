/* oxlint-disable typescript/no-unsafe-assignment, typescript/no-unsafe-return, typescript/no-unsafe-call, typescript/no-unsafe-member-access, typescript/no-require-imports, typescript/unbound-method -- plain JavaScript, as a benchmark loads it */
// The deployed bundle as a subject of benchmarks that know nothing of plans: it makes the data of one
// issuer and one service from `AUTHZ_ISSUER`, `AUTHZ_AUDIENCE` and `AUTHZ_JWKS`, with the policy that the
// scope contains `orders/read`. Beside them stand three more issuers, twenty rules and a list of
// revocations, so that what is measured is what a platform has.
'use strict';

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const BUNDLE = ['index.js', '../../dist/lambda/authorizer/index.js']
  .map((file) => join(__dirname, file))
  .find((file) => existsSync(file));
const { createHandler, EnforcementPoint } = require(BUNDLE);

const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];
const SERVICE = { authority: 'orders.bench.example', path: '/orders/42', api: 'abcdef1234' };

function issuer(iss) {
  return {
    kind: 'user',
    issuer: iss,
    profile: {
      algorithms: ALGORITHMS,
      requiredClaims: { token_use: 'access' },
      audienceClaim: 'aud',
      clockSkewSeconds: 30,
      maxBytes: 8192,
    },
    scopeClaim: 'scope',
  };
}

function policy(iss, audience) {
  const others = ['staff', 'partners', 'builds'];
  const reads = [
    {
      kind: 'token',
      issuer: 'people',
      claims: [{ claim: ['scope'], test: 'contains', value: 'orders/read' }],
    },
  ];
  const rule = (id, operation, principals) => ({
    id,
    effect: 'allow',
    principals,
    operations: [operation],
    conditions: [],
  });
  const elsewhere = Array.from({ length: 19 }, (_, at) =>
    rule(`other-${at}`, `POST /other-${at}/{id}`, reads),
  );
  return {
    gateways: [],
    issuers: Object.fromEntries([
      ['people', issuer(iss)],
      ...others.map((name) => [name, issuer(`https://${name}.bench.example`)]),
    ]),
    services: {
      orders: {
        protocol: 'http',
        authority: SERVICE.authority,
        public: true,
        spiffeId: 'spiffe://bench.example/ns/default/sa/orders',
        audiences: Object.fromEntries(['people', ...others].map((name) => [name, [audience]])),
        rules: [rule('read', 'GET /orders/{id}', reads), ...elsewhere],
      },
    },
  };
}

function revocations() {
  const until = Math.floor(Date.now() / 1000) + 86_400;
  const tokens = Array.from({ length: 50 }, (_, at) => ({
    kind: 'token',
    issuer: 'people',
    value: `t${at}`,
    until,
  }));
  return { version: 1, entries: [...tokens, { kind: 'subject', issuer: 'people', value: 'mallory', until }] };
}

/** `jwks` serves every issuer, and no network is asked. */
function options({ issuer: iss, audience, jwks, cache = 0 }) {
  const text = JSON.stringify(jwks);
  const made = policy(iss, audience);
  return {
    refs: {},
    environment: {},
    fetchText: () => Promise.resolve({ status: 200, headers: {}, text }),
    template: {
      version: 1,
      point: 'authorizer',
      policy: made,
      issuers: Object.fromEntries(
        Object.entries(made.issuers).map(([name, { issuer: of }]) => [
          name,
          { jwksUri: `${of}/jwks.json`, refreshSeconds: 60, outageSeconds: 3600 },
        ]),
      ),
      apis: [{ service: 'orders', api: SERVICE.api }],
      revocation: {
        store: { kind: 'none' },
        document: revocations(),
        refreshSeconds: 60,
        outageSeconds: 300,
      },
      decisions: 'refused',
      maxTokenLifetimeSeconds: 100_800,
      cacheBytes: cache * 8192,
    },
    write: () => {},
  };
}

const REFUSED = new Error('refused');

/**
 * The authorizer, its keys there, and what judges a request by the value of its `Authorization` header: a verdict,
 * or a promise while keys are fetched.
 */
async function started(config) {
  const { authorizer } = new EnforcementPoint(options(config));
  const authorization = [''];
  const request = {
    service: 'orders',
    method: 'GET',
    path: SERVICE.path,
    authorization,
    headers: [],
    proofs: [],
    sourceAddress: '203.0.113.10',
  };
  const judge = (value) => {
    authorization[0] = value;
    return authorizer.judge(request, Date.now());
  };
  // The keys are there after the first answers, which nobody waits for later.
  await new Promise(setImmediate);
  return { authorizer, judge };
}

/** Judges as the handler does: from the header's value, as an event brings it, to a verdict; nothing is thrown. */
async function createJudge(config) {
  return (await started(config)).judge;
}

/**
 * Without a cache: token, claims, revocations and policy of one request. With one: the look-up of a token
 * that was verified before, with its expiry and its key.
 */
async function createVerifier(config) {
  const { authorizer, judge } = await started(config);
  const verify = (token) => {
    const verdict = judge(`Bearer ${token}`);
    // After a minute of work without a pause the keys are old, and their fetch must be waited for.
    if (verdict instanceof Promise) return verdict.then(() => verify(token));
    if (verdict.decision.outcome !== 'allow') throw REFUSED;
    return verdict.token.claims;
  };
  if (config.cache === 0) return verify;
  return (token) => authorizer.lookUp(token, Date.now())?.claims ?? verify(token);
}

function configured() {
  const { AUTHZ_ISSUER: iss, AUTHZ_AUDIENCE: audience, AUTHZ_JWKS: jwks } = process.env;
  return options({ issuer: iss, audience, jwks: JSON.parse(jwks), cache: 20_000 });
}

let handle;
module.exports = {
  createJudge,
  createVerifier,
  handler: (event, context) => (handle ??= createHandler(configured()))(event, context),
};
