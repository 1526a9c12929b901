import {
  allow,
  allowOut,
  anyone,
  cognito,
  githubActions,
  google,
  http,
  oidc,
  type Pipeline,
  pipeline,
  type Service,
  tcp,
  user,
  workload,
  type ZeroTrustModel,
} from '../../../lib/index.js';
import { deploy, type Example, partners, people, platform, services } from './example.js';

const everything = [
  allow(user()).to('web', 'GET /'),
  allow(user()).to('orders', 'GET /'),
  allow(workload('web')).to('stock', 'GET /'),
  allow(workload('web')).to('payments', 'rpc a.B/C'),
  allow(pipeline('deploy')).to('orders', 'POST /'),
];

const github = (options: Partial<Parameters<typeof githubActions>[0]>) =>
  githubActions({ repository: 'octo-org/octo-repo', ...options });
const withClaims = (claims: Pipeline['claims'], like: Pipeline = deploy): Pipeline => ({ ...like, claims });
const gitlab: Pipeline = {
  kind: 'pipeline',
  issuer: 'https://gitlab.example',
  jwksUri: 'https://gitlab.example/oauth/discovery/keys',
  claims: { sub: 'project_path:shop/shop:ref_type:branch:ref:main' },
};
const pinned = (pipelines: Record<string, Pipeline>) => platform([], { pipelines });
const long = `${'a'.repeat(60)}.`.repeat(4);

const out = (...egress: NonNullable<ZeroTrustModel['egress']>) => platform(everything, { egress });
const withServices = (more: Readonly<Record<string, Service>>) =>
  platform(everything, { services: { ...services, ...more } });
const bank = 'https://api.bank.example';
const outside = [allowOut(workload('web')).to(bank)];
/** Keys of an issuer of its own, all at one host. */
const keysAt = (issuer: string, port: number) =>
  oidc({ issuer: `https://${issuer}.example`, jwksUri: `https://keys.example:${port}/jwks` });

/** Checks about services, issuers and the platform as a whole. */
export const platformExamples: Readonly<Record<string, Example>> = {
  'tcp-public-host': {
    compliant: [withServices({ ledger: tcp() }), platform(everything)],
    violating: [
      [withServices({ ledger: { ...tcp(), host: 'ledger.shop.example' } }), 'services.ledger.host'],
    ],
  },
  'protocol-option': {
    compliant: [
      withServices({ ledger: tcp({ maxConnections: 10, idleTimeoutSeconds: 60, requestsPerSecond: 5 }) }),
      platform(everything),
    ],
    violating: [
      [
        withServices({
          ledger: { ...tcp(), audience: 'https://ledger', cors: { origins: ['https://www.shop.example'] } },
          more: { ...http(), maxConnections: 10, idleTimeoutSeconds: 60 },
        }),
        'services.ledger.audience',
        'services.ledger.cors',
        'services.more.idleTimeoutSeconds',
        'services.more.maxConnections',
      ],
      [
        platform(everything, {
          services: { ...services, ledger: tcp() },
          providers: {
            people: { ...people, sharedAudience: ['orders', 'ledger'] },
            partners: { ...partners, audiences: { orders: 'https://orders.shop.example', ledger: 'ledger' } },
          },
          pipelines: { deploy: { ...deploy, audiences: { orders: 'x', ledger: 'y' } } },
        }),
        'identity.pipelines.deploy.audiences.ledger',
        'identity.providers.partners.audiences.ledger',
        'identity.providers.people.sharedAudience[1]',
      ],
    ],
  },
  'egress-own-host': {
    compliant: [platform(everything), out(allowOut(workload('web')).to(bank))],
    violating: [
      [
        out(
          allowOut(workload('web')).to('https://orders.shop.example'),
          allowOut(workload('web')).to('https://www.shop.example:8443'),
        ),
        'egress[0].destination',
        'egress[1].destination',
      ],
    ],
  },
  'egress-port-conflict': {
    compliant: [
      out(allowOut(workload('web')).to(bank, 'GET /a'), allowOut(workload('orders')).to(bank)),
      out(allowOut(workload('web')).to(bank), allowOut(workload('web')).to('https://b.example:8443')),
    ],
    violating: [
      [
        out(allowOut(workload('web')).to(bank), allowOut(workload('orders')).to(`${bank}:8443`)),
        'egress[1].destination',
      ],
    ],
  },
  'egress-variable-conflict': {
    compliant: [out(allowOut(workload('web')).to(bank), allowOut(workload('orders')).to(bank))],
    violating: [
      [
        out(allowOut(workload('web')).to(bank), allowOut(workload('orders')).to('https://api-bank.example')),
        'egress[1].destination',
      ],
    ],
  },
  'shadowed-egress-rule': {
    compliant: [
      out(allowOut(workload('web')).to(bank, 'GET /a'), allowOut(workload('orders')).to(bank, 'GET /a')),
      out(allowOut(workload('web')).to(bank, 'GET /a'), allowOut(workload('web')).to(bank, 'GET /b')),
      out(
        allowOut(workload('web')).to(bank).audited({ until: '2030-01-01', reason: 'soon' }),
        allowOut(workload('web')).to(bank, 'GET /b'),
      ),
    ],
    violating: [
      [out(allowOut(workload('web')).to(bank), allowOut(workload('web')).to(bank, 'GET /b')), 'egress[1]'],
      [
        out(
          allowOut(workload('web')).to(bank, 'GET /a/b'),
          allowOut(workload('web'), workload('orders')).to(bank, 'GET /a/{x}'),
        ),
        'egress[0]',
      ],
    ],
  },
  'unreachable-provider': {
    compliant: [
      platform(everything),
      platform([allow(workload('web').onBehalfOf(user())).to('stock', 'GET /'), everything[4]!]),
    ],
    violating: [
      [
        platform([allow(user({ issuer: 'people' })).to('web', 'GET /')]),
        'identity.pipelines.deploy',
        'identity.providers.partners',
      ],
      [
        platform(everything, {
          providers: { people, google: google(), partners: { ...partners, audiences: {} } },
        }),
        'identity.providers.google',
        'identity.providers.partners',
      ],
    ],
  },
  'unreachable-service': {
    compliant: [platform(everything)],
    violating: [[platform(everything.slice(0, 2)), 'services.payments', 'services.stock']],
  },
  'issuer-conflict': {
    compliant: [
      platform([], { pipelines: { deploy, test: github({ ref: 'refs/heads/test' }), gitlab } }),
      platform([], {
        pipelines: { deploy, test: { ...deploy, claims: { sub: 'x' }, algorithms: ['RS256'] } },
      }),
      platform([], {
        pipelines: {
          deploy: github({ ref: 'refs/heads/main', maxTokenLifetimeSeconds: 900 }),
          test: github({ ref: 'refs/heads/test', maxTokenLifetimeSeconds: 900 }),
        },
      }),
    ],
    violating: [
      [platform([], { providers: { a: people, b: people } }), 'identity.providers.b.issuer'],
      [
        platform([], { pipelines: { deploy: { ...deploy, issuer: people.issuer } } }),
        'identity.pipelines.deploy.issuer',
      ],
      [
        platform([], { pipelines: { deploy, test: { ...deploy, jwksUri: 'https://ci.example/jwks' } } }),
        'identity.pipelines.test.issuer',
      ],
      [
        platform([], { pipelines: { deploy, test: { ...deploy, algorithms: ['ES256'] } } }),
        'identity.pipelines.test.issuer',
      ],
      [
        platform([], { pipelines: { deploy, test: { ...deploy, maxTokenLifetimeSeconds: 900 } } }),
        'identity.pipelines.test.issuer',
      ],
      [
        platform([], { pipelines: { a: gitlab, b: { ...gitlab, issuer: 'https://gitlab-example' } } }),
        'identity.pipelines.b.issuer',
      ],
    ],
  },
  'undeclared-shared-audience': {
    compliant: [
      platform([]),
      platform([], { providers: { people: { ...people, audiences: { web: 'a', orders: 'b' } } } }),
      platform([], {
        providers: {
          people: cognito({
            region: 'eu-west-1',
            userPoolId: 'pool',
            clientIds: { web: 'client', orders: 'client', stock: 'other' },
            sharedAudience: ['orders', 'web'],
          }),
        },
      }),
    ],
    violating: [
      [
        platform([], {
          providers: { people: { ...people, audiences: { web: 'a', orders: 'a', stock: 'b' } } },
        }),
        'identity.providers.people',
      ],
      [
        platform([], {
          providers: { people },
          services: { web: http({ host: 'a.example', audience: 'x' }), orders: http({ audience: 'x' }) },
        }),
        'identity.providers.people',
      ],
      [
        platform([], {
          providers: {
            people: {
              ...people,
              audiences: { web: 'a', orders: 'a', stock: 'a' },
              sharedAudience: ['web', 'orders'],
            },
          },
        }),
        'identity.providers.people',
      ],
    ],
  },
  'shared-audience': {
    compliant: [
      platform([]),
      platform([], { providers: { people: { ...people, sharedAudience: ['web'] } } }),
    ],
    violating: [
      [
        platform([], { providers: { people: { ...people, sharedAudience: ['web', 'orders'] } } }),
        'identity.providers.people.sharedAudience',
      ],
      [
        platform([], { pipelines: { deploy: { ...deploy, audiences: { web: 'ci', orders: 'ci' } } } }),
        'identity.pipelines.deploy',
      ],
    ],
  },
  'federated-subject': {
    compliant: [
      pinned({ gitlab, deploy }),
      pinned({ a: github({ environment: 'Production:V1' }) }),
      pinned({ a: github({ ownerId: '1', repositoryId: '2', ref: 'refs/tags/v1' }) }),
      pinned({ a: withClaims({ sub: 'repo:a/b:environment:prod' }) }),
      pinned({ a: withClaims({ repository_id: '2', ref: 'refs/heads/main' }) }),
    ],
    violating: [
      [pinned({ a: github({}) }), 'identity.pipelines.a.claims.sub'],
      [pinned({ a: github({ ref: 'refs/heads/main', environment: 'prod' }) }), 'identity.pipelines.a.claims'],
      [pinned({ a: github({ ref: 'main' }) }), 'identity.pipelines.a.claims'],
      [pinned({ a: withClaims({ repository_owner: 'octo-org' }) }), 'identity.pipelines.a.claims'],
      [pinned({ a: withClaims({ sub: 'repo:octo-org/*' }) }), 'identity.pipelines.a.claims.sub'],
      [pinned({ a: withClaims({ sub: 'repository_owner:octo-org' }) }), 'identity.pipelines.a.claims.sub'],
      [pinned({ a: withClaims({ sub: 'repo:a/b:pull_request' }) }), 'identity.pipelines.a.claims.sub'],
      [
        pinned({ a: withClaims({ sub: 'repo:a/b:pull_request' }, gitlab) }),
        'identity.pipelines.a.claims.sub',
      ],
      [pinned({ a: withClaims({ repository_id: '2' }) }), 'identity.pipelines.a.claims'],
      [pinned({ a: withClaims({}, gitlab) }), 'identity.pipelines.a.claims'],
      [pinned({ a: withClaims({ sub: 'project_path:shop/?' }, gitlab) }), 'identity.pipelines.a.claims.sub'],
    ],
  },
  'duplicate-host': {
    compliant: [platform([])],
    violating: [
      [
        platform([], { services: { a: http({ host: 'x.example' }), b: http({ host: 'x.example' }) } }),
        'services.b.host',
      ],
      [
        platform([], { services: { a: http({ host: 'b.prod.shop.example.internal' }), b: http() } }),
        'services.a.host',
      ],
    ],
  },
  'cors-without-host': {
    compliant: [
      platform([], {
        services: { a: http({ host: 'x.example', cors: { origins: ['https://y.example'] } }) },
      }),
    ],
    violating: [
      [
        platform([], { services: { a: http({ cors: { origins: ['https://y.example'] } }) } }),
        'services.a.cors',
      ],
    ],
  },
  'internal-authority': {
    compliant: [
      platform([]),
      platform([], { trustDomain: `${long}a`, services: { a: http({ host: 'a.example' }) } }),
    ],
    violating: [[platform([], { trustDomain: `${long}a`, services: { a: http() } }), 'services.a']],
  },
  'required-claim-ref': {
    compliant: [
      platform([], { providers: { people: { ...keysAt('people', 8443), requiredClaims: { tid: 'a' } } } }),
      platform([], {
        providers: { people: { ...keysAt('people', 8443), requiredClaims: { ref: 'a', iss: 'b' } } },
      }),
      platform([], { providers: { people: { ...keysAt('people', 8443), requiredClaims: {} } } }),
    ],
    violating: [
      [
        platform([], { providers: { people: { ...keysAt('people', 8443), requiredClaims: { ref: 'a' } } } }),
        'identity.providers.people.requiredClaims',
      ],
    ],
  },
  'key-host-ports': {
    compliant: [
      platform([], { providers: { people: keysAt('people', 8443), partners: keysAt('partners', 9443) } }),
      platform([], {
        providers: { people: keysAt('people', 8443), partners: keysAt('partners', 8443) },
        egress: outside,
      }),
    ],
    violating: [
      [
        platform([], {
          providers: { people: keysAt('people', 8443), partners: keysAt('partners', 9443) },
          egress: outside,
        }),
        'identity.providers.partners.jwksUri',
      ],
    ],
  },
  'trust-domain': {
    compliant: [
      platform([]),
      platform([], { authority: { trustDomains: { local: 'a.example', kubernetes: 'b.example' } } }),
    ],
    violating: [
      [platform([], { trustDomain: 'cluster.local' }), 'trustDomain'],
      [
        platform([], { authority: { trustDomains: { kubernetes: 'a.cluster.local' } } }),
        'authority.trustDomains.kubernetes',
      ],
      [
        platform([], { authority: { trustDomains: { kubernetes: 'cluster.local', aws: 'a.example' } } }),
        'authority.trustDomains.kubernetes',
      ],
      [
        platform([], { authority: { trustDomains: { aws: 'a.example', google: 'a.example' } } }),
        'authority.trustDomains.google',
      ],
      [
        platform([], { authority: { trustDomains: { aws: 'local.prod.shop.example' } } }),
        'authority.trustDomains.aws',
      ],
      [platform([], { trustDomain: `${long}${'b'.repeat(9)}`, services: {} }), 'trustDomain'],
    ],
  },
  'default-trust-domain': {
    compliant: [
      platform([]),
      platform([], { authority: { trustDomains: { kubernetes: 'b.example' } } }),
      platform([], { authority: { trustDomains: { kubernetes: 'cluster.local', aws: 'a.example' } } }),
    ],
    violating: [
      [
        platform([], { authority: { trustDomains: { kubernetes: 'cluster.local' } } }),
        'authority.trustDomains.kubernetes',
      ],
    ],
  },
  'leaf-lifetime': {
    compliant: [
      platform([]),
      platform([], { authority: { leafLifetimeSeconds: 14_400 } }),
      platform([], { authority: { leafLifetimeSeconds: 60 } }),
    ],
    violating: [
      [platform([], { authority: { leafLifetimeSeconds: 14_401 } }), 'authority.leafLifetimeSeconds'],
    ],
  },
  'request-timeout': {
    compliant: [
      platform([], { authority: { leafLifetimeSeconds: 60 } }),
      platform([], { firewall: { requestTimeoutSeconds: 60 } }),
    ],
    violating: [
      [platform([], { firewall: { requestTimeoutSeconds: 300 } }), 'firewall.requestTimeoutSeconds'],
      [
        platform([], { firewall: { requestTimeoutSeconds: 30 }, authority: { leafLifetimeSeconds: 60 } }),
        'firewall.requestTimeoutSeconds',
      ],
    ],
  },
  'plaintext-secret': {
    compliant: [
      platform([allow(user({ claims: { key: 'AKIA', token: 'eyJ.a.b' } })).to('web', 'GET /')]),
      platform([allow(anyone()).to('web', 'GET /ghp_x')]),
    ],
    violating: [
      [
        platform([allow(user({ claims: { key: `AKIA${'ABCDEFGH'.repeat(2)}` } })).to('web', 'GET /')]),
        'access[0].principals[0].claims.key',
      ],
      [
        platform([], {
          providers: { people: oidc({ ...people, requiredClaims: { secret: `ghp_${'a1'.repeat(18)}` } }) },
        }),
        'identity.providers.people.requiredClaims.secret',
      ],
      [
        platform([
          allow(user({ groups: ['x', `eyJ${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`] })).to(
            'web',
            'GET /',
          ),
        ]),
        'access[0].principals[0].groups[1]',
      ],
    ],
  },
};
