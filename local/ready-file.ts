import type { LoginNode, Plan } from '../lib/plan/plan.js';
import { edgeBundle, leafPaths } from './authority/layout.js';
import type { EnvoyBinary } from './envoy-binary.js';
import type { ServedIssuer } from './identity/identity.js';
import { type People, peopleOf, userRequest } from './sample-request.js';
import { destinationUrls, upstreamUrls } from './target.js';
import type { Endpoint, IssuerEndpoint, Wiring } from './wiring.js';

/**
 * What `--ready-file` holds once everything is up: where everything is, for people, tests and tools.
 * Paths are absolute. A field is only ever added while `version` is 1.
 */
export interface ReadyFile {
  readonly version: 1;
  /** The state folder; `revocations.json` in it is watched. */
  readonly state: string;
  readonly envoy: { readonly version: string; readonly source: string; readonly path: string };
  readonly gateway: {
    /** `https://<address>:<port>`; requests name a service by its host. */
    readonly url: string;
    /** PEM bundle that verifies the gateway and the identity provider. */
    readonly ca: string;
    /** The host of each public service. */
    readonly hosts: Readonly<Record<string, string>>;
    /** Envoy's administration interface, a UNIX socket. */
    readonly admin: string;
    readonly certificates: WorkloadCertificates;
  };
  readonly services: Readonly<Record<string, ReadyService>>;
  /** The one way out; absent where nothing may leave. */
  readonly egress?: ReadyEgress;
  readonly issuers: Readonly<Record<string, ReadyIssuer>>;
  /** How to obtain a token, by issuer; none of an issuer that is not served here. */
  readonly tokens: Readonly<Record<string, ReadyTokens>>;
  /** `platform`, `authority`, `identity`, each point by its key, `application/<service>`. */
  readonly pids: Readonly<Record<string, number>>;
}

export interface ReadyService {
  /** `https://<address>:<port>` of the sidecar, for whoever holds a workload's certificate. */
  readonly sidecar: string;
  readonly certificates: WorkloadCertificates;
  readonly spiffeId: string;
  /** The host that every request to the service names. */
  readonly authority: string;
  readonly admin: string;
  /** The application itself, behind the sidecar. */
  readonly application: string;
  /** What the application finds as `ZTP_<SERVICE>_URL`, by service. */
  readonly upstreams: Readonly<Record<string, string>>;
  /** What the application finds as `ZTP_EGRESS_<HOST>_URL`, by host; absent where it may call none. */
  readonly destinations?: Readonly<Record<string, string>>;
  /** Where a browser must find the hosts of a sign-in, its own and the provider's: `<address>:<port>` by host; absent without login. */
  readonly signIn?: Readonly<Record<string, string>>;
}

export interface ReadyEgress {
  /** `https://<address>:<port>`, for whoever holds a workload's certificate. */
  readonly url: string;
  readonly spiffeId: string;
  readonly certificates: WorkloadCertificates;
  readonly admin: string;
  /** Hosts outside, as `Host` names them. */
  readonly authorities: Readonly<Record<string, string>>;
}

/** PEM files of a workload; they are replaced as it is renewed. */
export interface WorkloadCertificates {
  /** The leaf, then the issuing certificate. */
  readonly certificate: string;
  readonly key: string;
}

export interface ReadyIssuer {
  readonly kind: 'user' | 'pipeline';
  readonly issuer: string;
  readonly jwksUri: string;
  /** Where its host name is served on this machine. */
  readonly address: string;
  readonly port: number;
  readonly ca: string;
}

/**
 * A token comes from a POST of a form to `url`: `client_id`, `grant_type`, `service` (its name), and
 * with the grant `urn:zero-trust-platform:development` a `username` of the users' file, with
 * `urn:zero-trust-platform:pipeline` a `pipeline`. No password is asked for.
 */
export interface ReadyTokens {
  /** Under the issuer's own host name, which `address` and `port` of the issuer serve. */
  readonly url: string;
  readonly client_id: string;
  readonly grants: readonly string[];
  /** The audience of each service that accepts the issuer. */
  readonly audiences: Readonly<Record<string, string>>;
  /** The same as a command, for someone and a service there is; where there is none stands `NAME`. */
  readonly example: string;
}

export interface RunningPlatform {
  readonly plan: Plan;
  readonly wiring: Wiring;
  readonly envoy: EnvoyBinary;
  readonly issuers: Readonly<Record<string, IssuerEndpoint>>;
  readonly tokens: Readonly<Record<string, ServedIssuer>>;
  readonly pids: Readonly<Record<string, number>>;
  /** The file with the people. @default nobody */
  readonly users?: string | undefined;
}

/** Say where everything is. */
export function describeReady(running: RunningPlatform): ReadyFile {
  const { plan, wiring, envoy, issuers, tokens, pids } = running;
  const people = peopleOf(running.users);
  const url = (scheme: string, name: string) => {
    const { address, port } = wiring.endpoint(name);
    return `${scheme}://${address}:${port}`;
  };
  const { gateway } = plan;
  const { version, source, path } = envoy;
  return {
    version: 1,
    state: wiring.state.path,
    envoy: { version, source, path },
    gateway: {
      url: url('https', `${gateway.key}/listen`),
      ca: edgeBundle(wiring.secrets),
      hosts: Object.fromEntries(gateway.services.map((name) => [name, plan.services[name]?.authority ?? ''])),
      admin: wiring.adminSocket(gateway.key),
      certificates: certificates(wiring, gateway.key),
    },
    services: mapValues(
      plan.services,
      ({ key, name, authority, protocol, sidecar, login }): ReadyService => ({
        sidecar: url('https', `${sidecar.key}/listen`),
        certificates: certificates(wiring, sidecar.key),
        spiffeId: sidecar.spiffeId,
        authority,
        admin: wiring.adminSocket(sidecar.key),
        application: url(protocol === 'tcp' ? 'tcp' : 'http', `${key}/application`),
        upstreams: upstreamUrls(plan, name, wiring),
        ...(sidecar.destinations && { destinations: destinationUrls(plan, name, wiring) }),
        ...(login && { signIn: signInPlaces(plan, authority, login, running) }),
      }),
    ),
    ...(plan.egress && {
      egress: {
        url: url('https', `${plan.egress.key}/listen`),
        spiffeId: plan.egress.spiffeId,
        certificates: certificates(wiring, plan.egress.key),
        admin: wiring.adminSocket(plan.egress.key),
        authorities: mapValues(plan.egress.destinations, ({ authority }) => authority),
      },
    }),
    issuers: mapValues(plan.issuers, ({ kind, issuer, jwksUri }, name): ReadyIssuer => {
      const { address = '', port = 0, ca = '' } = issuers[name] ?? {};
      return { kind, issuer, jwksUri, address, port, ca };
    }),
    tokens: mapValues(tokens, (served, name) =>
      tokensOf(served, issuers[name], someone(plan, name, served, people)),
    ),
    pids,
  };
}

function signInPlaces(
  plan: Plan,
  authority: string,
  { issuer, authorizationEndpoint, endSessionEndpoint }: LoginNode,
  { wiring, issuers }: RunningPlatform,
): Record<string, string> {
  const gateway = wiring.endpoint(`${plan.gateway.key}/listen`);
  const provider = issuers[issuer.slice('issuers/'.length)];
  const urls = [authorizationEndpoint, ...(endSessionEndpoint === undefined ? [] : [endSessionEndpoint])];
  const text = ({ address, port }: Endpoint) => `${address}:${port}`;
  return {
    [authority]: text(gateway),
    ...(provider && Object.fromEntries(urls.map((url) => [new URL(url).hostname, text(provider)]))),
  };
}

/** Whom the example is for: somebody whom a rule admits, else whoever there is first. */
function someone(
  plan: Plan,
  issuer: string,
  { grants, audiences }: ServedIssuer,
  people: People,
): readonly string[] {
  const [service = 'NAME'] = Object.keys(audiences);
  if (grants[0]?.endsWith(':pipeline')) {
    const [pipeline = 'NAME'] = Object.keys(plan.issuers[issuer]?.pipelines ?? {});
    return [`pipeline=${pipeline}`, `service=${service}`];
  }
  const admitted = userRequest(plan, issuer, people);
  const user = admitted?.caller?.user ?? people(issuer)[0]?.[0] ?? 'NAME';
  return [`username=${user}`, `service=${admitted?.service ?? service}`];
}

function tokensOf(
  { issuer, tokenEndpoint, grants, client, audiences }: ServedIssuer,
  endpoint: IssuerEndpoint | undefined,
  form: readonly string[],
): ReadyTokens {
  const { hostname } = new URL(issuer);
  const { address = '', port = 0, ca = '' } = endpoint ?? {};
  const url = `https://${hostname}:${port}${new URL(tokenEndpoint).pathname}`;
  const fields = [`grant_type=${grants[0] ?? ''}`, `client_id=${client}`, ...form];
  const resolved = `--resolve ${hostname}:${port}:${address}`;
  return {
    url,
    client_id: client,
    grants,
    audiences,
    example: `curl -sS --cacert ${shellWord(ca)} ${resolved} ${url} ${fields.map((field) => `-d ${field}`).join(' ')}`,
  };
}

function certificates(wiring: Wiring, point: string): WorkloadCertificates {
  const { certificate, key } = leafPaths(wiring.secrets, point, 'server');
  return { certificate, key };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  make: (value: Value, name: string) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value, name)]));
}

/** As a shell takes it for one word. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
