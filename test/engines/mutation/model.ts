import {
  allow,
  anyone,
  claim,
  compliantDevice,
  defineZeroTrust,
  deny,
  grpc,
  http,
  mfa,
  oidc,
  pipeline,
  resolve,
  rpc,
  senderConstrained,
  signedInWithin,
  sourceNetwork,
  user,
  workload,
} from '../../../lib/index.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { RevocationDocument } from '../../../lib/policy/revocation.js';

/**
 * One model that holds each feature of the generated configuration once, and is not larger. What it
 * says is of no interest; that every leaf of what is generated from it is needed by somebody is.
 */
const model = defineZeroTrust({
  trustDomain: 'proof.example',
  environment: 'test',
  identity: {
    providers: {
      people: oidc({
        issuer: 'https://people.example',
        jwksUri: 'https://people.example/keys',
        tokenType: 'at+jwt',
        requiredClaims: { token_use: 'access' },
        device: { claim: 'compliant', value: true },
        exchange: 'rfc8693',
      }),
      partners: oidc({
        issuer: 'https://partners.example',
        jwksUri: 'https://partners.example/keys',
        algorithms: ['ES256'],
        audienceClaim: 'client_id',
        audiences: { api: 'partner-client' },
        groupsClaim: ['realm', 'roles'],
        scopeClaim: 'scp',
        mfa: 'none',
        authTimeClaim: 'none',
      }),
    },
    pipelines: {
      release: {
        kind: 'pipeline',
        issuer: 'https://pipeline.example',
        jwksUri: 'https://pipeline.example/keys',
        claims: { sub: 'repo:proof/app' },
      },
    },
  },
  services: {
    api: http({
      host: 'api.proof.example',
      cors: { origins: ['https://app.proof.example'], maxAge: 60 },
      requestsPerSecond: 300,
    }),
    ledger: grpc({ host: 'ledger.proof.example' }),
    shop: http({ host: 'shop.proof.example' }),
    closed: http({ host: 'closed.proof.example' }),
    // Behind these the wrong servers stand: the calls of a gateway or a sidecar must not reach them.
    renamed: http({ host: 'renamed.proof.example' }),
    foreign: http({ host: 'foreign.proof.example' }),
    curved: http({ host: 'curved.proof.example' }),
    dated: http({ host: 'dated.proof.example' }),
    hybrid: http({ host: 'hybrid.proof.example' }),
    classic: http({ host: 'classic.proof.example' }),
    silent: http({ host: 'silent.proof.example' }),
  },
  access: [
    allow(anyone()).to('api', 'GET /public', 'GET /public/{id}', 'POST /public').named('window'),
    allow(anyone()).to('api', 'GET /files/**', 'DELETE /files/**').named('files'),
    // Longer than Envoy loads by default.
    allow(anyone())
      .to('api', `GET /public/{id}/${'long-'.repeat(20)}/{part}`)
      .named('window-of-a-long-name'),
    deny(anyone()).to('api', 'DELETE /files/**').named('files-stay'),

    deny(user({ issuer: 'partners' }))
      .to('api', 'GET /public/{id}')
      .named('no-partners-below'),

    allow(user()).to('api', 'GET /users/any').named('users'),
    allow(user({ claims: { team: 'blue' } }))
      .to('api', 'GET /users/team')
      .named('team'),
    allow(user({ issuer: 'people', groups: ['staff'] }))
      .to('api', 'GET /users/staff')
      .named('staff'),
    allow(user({ issuer: 'partners', groups: ['carrier'] }))
      .to('api', 'GET /users/carrier')
      .named('carriers'),
    allow(user({ scopes: ['api:write'] }))
      .to('api', 'GET /users/scoped')
      .named('scoped'),
    allow(user({ issuer: 'people', claims: { tier: 'gold', level: 7, active: true } }))
      .to('api', 'GET /users/golden')
      .named('golden'),
    deny(user({ issuer: 'partners' }))
      .to('api', 'GET /users/any')
      .named('no-partners'),
    allow(pipeline('release')).to('api', 'POST /releases', 'DELETE /releases').named('release'),
    deny(pipeline('release')).to('api', 'DELETE /releases').named('release-stays'),

    allow(user({ issuer: 'people' }))
      .to('api', 'GET /when/mfa')
      .when(mfa())
      .named('when-mfa'),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /when/recent')
      .when(signedInWithin({ minutes: 15 }))
      .named('when-recent'),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /when/device')
      .when(compliantDevice())
      .named('when-device'),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /bound')
      .when(senderConstrained('certificate'))
      .named('when-bound'),
    allow(anyone()).to('api', 'GET /when/near').when(sourceNetwork('127.0.0.0/8')).named('when-near'),
    allow(anyone()).to('api', 'GET /when/far').when(sourceNetwork('198.51.100.0/24')).named('when-far'),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /when/department')
      .when(claim('department').equals('finance'))
      .named('when-department'),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /when/region')
      .when(claim(['place', 'region']).presentAndNot('restricted'))
      .named('when-region'),

    allow(user({ issuer: 'people' }))
      .to('api', 'GET /unless/mfa', 'GET /unless/recent', 'GET /unless/region', 'GET /unless/both')
      .named('unless'),
    deny(anyone())
      .to('api', 'GET /unless/mfa', 'GET /unless/region', 'GET /unless/both')
      .unless(mfa())
      .named('unless-mfa'),
    deny(anyone())
      .to('api', 'GET /unless/recent')
      .unless(signedInWithin({ minutes: 15 }))
      .named('unless-recent'),
    deny(user({ issuer: 'people' }))
      .to('api', 'GET /unless/region')
      .unless(claim('region').presentAndNot('restricted'))
      .named('unless-region'),
    deny(user({ issuer: 'people' }), user({ issuer: 'partners' }))
      .to('api', 'GET /unless/both')
      .unless(claim('department').equals('finance'), claim('region').presentAndNot('restricted'))
      .named('unless-both'),

    allow(anyone()).to('api', 'GET /audit/deny', 'POST /audit/deny', 'GET /audit/over').named('audit-open'),
    deny(anyone())
      .to('api', 'GET /audit/deny')
      .named('audit-deny')
      .audited({ until: '2040-01-01', reason: 'who would be refused?' }),
    allow(anyone())
      .to('api', 'GET /audit/allow')
      .named('audit-allow')
      .audited({ until: '2040-01-01', reason: 'who would be admitted?' }),
    allow(user({ issuer: 'people' }))
      .to('api', 'GET /audit/allow')
      .named('audit-allowed'),
    deny(user({ issuer: 'partners' }))
      .to('api', 'GET /audit/deny')
      .named('audit-denied'),
    allow(anyone())
      .to('api', 'GET /audit/ended')
      .named('audit-ended')
      .audited({ until: '2025-06-01', reason: 'enforced by now' }),
    deny(anyone())
      .to('api', 'GET /audit/over')
      .named('audit-over')
      .audited({ until: '2025-06-01', reason: 'enforced by now' }),
    allow(anyone()).to('api', 'GET /withdrawn/now').named('withdrawn'),
    allow(anyone()).to('api', 'GET /withdrawn/once').named('withdrawn-once'),

    allow(workload('ledger')).to('api', 'GET /peers/known', 'GET /peers/denied').named('peer'),
    deny(workload('ledger')).to('api', 'GET /peers/denied').named('peer-denied'),
    allow(workload('ledger'))
      .to('api', 'GET /peers/near')
      .when(sourceNetwork('127.0.0.0/8'))
      .named('peer-near'),
    allow(workload('ledger'))
      .to('api', 'GET /peers/far')
      .when(sourceNetwork('198.51.100.0/24'))
      .named('peer-far'),
    allow(workload('ledger').onBehalfOf(user({ issuer: 'people' })))
      .to('api', 'GET /peers/behalf')
      .named('peer-behalf'),

    allow(anyone()).to('ledger', rpc('proof.Ledger/Open')).named('ledger-open'),
    allow(user({ issuer: 'people' }))
      .to('ledger', rpc('proof.Ledger/Book'))
      .named('ledger-book'),
    allow(workload('api')).to('ledger', rpc('proof.Ledger/Call')).named('ledger-call'),
    allow(anyone(), workload('api')).to('shop', 'GET /').named('shop'),
    allow(anyone()).to('closed', 'GET /').named('closed'),
    allow(anyone(), workload('api')).to('renamed', 'GET /').named('renamed'),
    allow(anyone(), workload('api')).to('foreign', 'GET /').named('foreign'),
    allow(anyone(), workload('api')).to('curved', 'GET /').named('curved'),
    allow(anyone(), workload('api')).to('dated', 'GET /').named('dated'),
    allow(anyone(), workload('api')).to('hybrid', 'GET /').named('hybrid'),
    allow(anyone(), workload('api')).to('classic', 'GET /').named('classic'),
    allow(anyone(), workload('api')).to('silent', 'GET /').named('silent'),
  ],
  firewall: { maxConnections: 40, maxBodyBytes: 20_000, requestTimeoutSeconds: 1 },
});

const FAR = Date.parse('2040-01-01') / 1000;
const PAST = Date.parse('2025-06-01') / 1000;

/** One entry of each kind, and of those with an end one that has ended. */
const revocations: RevocationDocument = {
  version: 1,
  entries: [
    { kind: 'token', issuer: 'people', value: 'revoked-token', until: FAR },
    { kind: 'token', issuer: 'people', value: 'ended-token', until: PAST },
    { kind: 'token', issuer: 'people', value: 'revoked-alone', until: FAR + 86_400 },
    { kind: 'session', issuer: 'people', value: 'revoked-session', until: FAR },
    { kind: 'client', issuer: 'people', value: 'revoked-client', until: FAR },
    { kind: 'subject', issuer: 'people', value: 'revoked-subject', until: FAR },
    { kind: 'subject', issuer: 'people', value: 'revoked-before', before: PAST, until: FAR },
    { kind: 'service', service: 'closed', until: FAR },
    { kind: 'service', service: 'shop', until: PAST },
    { kind: 'rule', rule: 'withdrawn', until: FAR },
    { kind: 'rule', rule: 'withdrawn-once', until: PAST },
  ],
};

/** Authorities of the two services that most requests are for. */
export const API = 'api.proof.example';
export const LEDGER = 'ledger.proof.example';

/** The points whose configuration is mutated. */
export const POINTS = ['gateway', 'services/api/sidecar', 'services/ledger/sidecar'] as const;

/**
 * The plan of the model, with durations that a test can wait for in place of minutes: what changes
 * is values, not what the configuration is made of.
 */
export function mutationPlan(): Plan {
  const plan = resolve(model, { engine: 'local', now: new Date('2025-01-01') });
  return {
    ...plan,
    connections: { bound: 7, maxConnection: 3, drain: 1, maxStream: 3 },
    revocation: { ...plan.revocation, document: revocations },
    issuers: Object.fromEntries(
      Object.entries(plan.issuers).map(([name, node]) => [name, { ...node, keyRefreshSeconds: 1 }]),
    ),
  };
}
