import {
  allow,
  allowOut,
  anyone,
  connect,
  deny,
  githubActions,
  http,
  mfa,
  oidc,
  pipeline,
  type RuleLike,
  type Service,
  signedInWithin,
  sourceNetwork,
  tcp,
  user,
  workload,
  type ZeroTrustModel,
} from 'zero-trust-platform';

const COMMON = {
  trustDomain: 'acme.example',
  environment: 'dev',
  authority: { namespace: 'acme' },
} as const;

/** Without tokens: each is called by the one before it, and the first by everybody. */
export function row(count: number): ZeroTrustModel {
  const services = names('s', count);
  return {
    ...COMMON,
    services: Object.fromEntries(
      services.map((name, index) => [name, index === 0 ? http({ host: 'www.acme.example' }) : http()]),
    ),
    access: services.map((name, index) =>
      (index === 0 ? allow(anyone()) : allow(workload(services[index - 1]!))).to(name, 'GET /'),
    ),
  };
}

/** Services of one team. */
const TEAM = 5;
/** A ConfigMap takes in the egress gateway's configuration for some fifty hosts. */
const TEAMS_OF_A_HOST = 5;

const staff = user({ issuer: 'people', groups: ['staff'] });
const finance = user({ issuer: 'people', groups: ['staff', 'finance'] });

/**
 * With everything that the library has on Kubernetes, in teams of five: pages and an interface that users of two issuers
 * reach, a service that acts for its caller's user, one that calls a host outside, and a database. Teams call one another.
 */
export function everything(count: number): ZeroTrustModel {
  const teams = names('t', count / TEAM);
  return {
    ...COMMON,
    identity: {
      providers: {
        people: oidc({
          issuer: 'https://login.acme.example',
          jwksUri: 'https://login.acme.example/jwks',
          exchange: 'rfc8693',
        }),
        partners: oidc({
          issuer: 'https://id.partners.example',
          jwksUri: 'https://id.partners.example/jwks',
        }),
      },
      pipelines: { deploy: githubActions({ repository: 'acme/acme', ref: 'refs/heads/main' }) },
    },
    services: Object.assign({}, ...teams.map(servicesOf)) as Record<string, Service>,
    access: teams.flatMap((team, index) => accessOf(team, teams[index - 1])),
    egress: teams.map((team, index) =>
      allowOut(workload(`${team}-mail`)).to(
        `https://mail-${Math.floor(index / TEAMS_OF_A_HOST)}.example`,
        'POST /messages',
      ),
    ),
  };
}

function servicesOf(team: string): Record<string, Service> {
  return {
    [`${team}-pages`]: http({ host: `${team}.acme.example` }),
    [`${team}-orders`]: http({
      host: `${team}-orders.acme.example`,
      cors: { origins: [`https://${team}.acme.example`] },
    }),
    [`${team}-stock`]: http(),
    [`${team}-mail`]: http(),
    [`${team}-ledger`]: tcp({ maxConnections: 100 }),
  };
}

function accessOf(team: string, other: string | undefined): RuleLike[] {
  const [pages, orders, stock, mail, ledger] = Object.keys(servicesOf(team)) as [
    string,
    string,
    string,
    string,
    string,
  ];
  return [
    allow(anyone()).to(pages, 'GET /', 'GET /assets/**'),
    allow(staff).to(pages, 'GET /admin/**'),
    allow(staff, user({ issuer: 'partners', groups: ['carrier'] })).to(orders, 'GET /orders/{id}'),
    allow(finance)
      .to(orders, 'POST /refunds/{order}')
      .when(mfa(), signedInWithin({ minutes: 15 })),
    allow(staff).to(orders, 'GET /reports').when(sourceNetwork('198.51.100.0/24')),
    deny(user({ issuer: 'partners' })).to(orders, 'DELETE /**'),
    allow(pipeline('deploy')).to(orders, 'POST /releases'),
    allow(workload(orders).onBehalfOf(user({ issuer: 'people' }))).to(stock, 'POST /reservations'),
    allow(workload(pages), ...(other === undefined ? [] : [workload(`${other}-orders`)])).to(
      stock,
      'GET /items/{id}',
    ),
    allow(workload(orders)).to(mail, 'POST /messages'),
    allow(workload(orders), workload(stock)).to(ledger, connect()),
    deny(workload(stock)).to(ledger, connect()).unless(sourceNetwork('10.0.0.0/8')),
  ];
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
