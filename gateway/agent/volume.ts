import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { AuthorizerData } from '../../lambda/authorizer/data.js';
import { edgeSecret, genericSecret, peersSecret, serverSecret } from '../../lib/envoy/index.js';
import { canonicalJson } from '../../lib/plan/json.js';
import { type RefValues, refsOf, substitute, type Template } from '../../lib/plan/refs.js';
import {
  LeafFolder,
  leafPathsIn,
  ownFolder,
  type PointConfiguration,
  replaceFile,
} from '../../lib/point/index.js';
import { AgentError } from './error.js';
import type { Leaf } from './leaf.js';

/**
 * The one folder that is written to, by the agent for Envoy:
 *
 *     bootstrap.json        read once
 *     routes/routes.json    the rules, watched
 *     secrets/*.json        SDS files, watched
 *     server/ edge/         a folder per certificate and a link `current` to the newest
 *     logins/<service>/     of a gateway: SDS files of the login's client, and of what seals its sessions, watched
 *     peers/<hash>.pem      roots; a changed bundle has another name
 *     admin.sock            Envoy's administration, for its owner alone
 *     decision/policy.json  what the decision service decides by, where one stands beside Envoy
 *     decision.sock         where Envoy asks it
 *     keys-<number>.sock    its own ends of the tunnels by which it fetches an issuer's keys
 */
export class Volume {
  readonly server: LeafFolder;
  readonly edge: LeafFolder;

  constructor(readonly path: string) {
    for (const name of ['routes', 'secrets', 'server', 'edge', 'peers']) ownFolder(join(path, name));
    this.server = new LeafFolder(leafPathsIn(join(path, 'server')));
    this.edge = new LeafFolder(leafPathsIn(join(path, 'edge')));
  }

  get bootstrap(): string {
    return join(this.path, 'bootstrap.json');
  }

  get adminSocket(): string {
    return join(this.path, 'admin.sock');
  }

  /**
   * Write what Envoy reads at its start. Throws `missing-ref` for a ref without a value and `ambiguous-ref`
   * for one that the environment sets though it is the agent's own.
   */
  render(configuration: PointConfiguration, refs: RefValues): void {
    const { point, bootstrap } = configuration;
    const sockets = this.keySockets(configuration);
    const rendered = substitute(bootstrap, withOwn(refs, { ...this.#own(point), ...sockets }));
    for (const socket of [this.adminSocket, ...Object.values(sockets)]) rmSync(socket, { force: true });
    replaceFile(this.bootstrap, canonicalJson(rendered));
  }

  /** Where Envoy asks its decision service. */
  get decisionSocket(): string {
    return join(this.path, 'decision.sock');
  }

  /** Write what the decision service decides by. Returns its path, and what it says of issuers. Throws `missing-ref`. */
  installPolicy(policy: Template, refs: RefValues): { path: string; issuers: AuthorizerData['issuers'] } {
    const rendered = substitute(policy, refs) as AuthorizerData;
    const path = join(this.path, 'decision', 'policy.json');
    ownFolder(dirname(path));
    replaceFile(path, canonicalJson(rendered));
    return { path, issuers: rendered.issuers };
  }

  /**
   * The values of the refs to the point's own ends of its tunnels to issuers' keys: a socket for each; a short name,
   * because an address of one has 107 bytes at most.
   */
  keySockets({ point, bootstrap }: PointConfiguration): Readonly<Record<string, string>> {
    const refs = refsOf(bootstrap).filter((name) => name.startsWith(`${point}/keys/`));
    return Object.fromEntries(refs.map((name, at) => [name, join(this.path, `keys-${at}.sock`)]));
  }

  /** Replace the rules as a whole. Returns their version. Throws as `render` does. */
  installRules(rules: Template, refs: RefValues, point: string): string {
    const rendered = substitute(rules, withOwn(refs, this.#own(point))) as { readonly version_info: string };
    replaceFile(this.#routes, canonicalJson(rendered));
    return rendered.version_info;
  }

  /** Put a leaf in force, with the roots that its peers are verified by. */
  install({ serial, chain, privateKey, roots }: Leaf, trustDomain: string): void {
    this.server.install(serial, chain, privateKey);
    const bundle = join(this.path, 'peers', `${digest(roots)}.pem`);
    if (!existsSync(bundle)) replaceFile(bundle, roots);
    const { certificate, key, watchedDirectory } = this.server.paths;
    this.#secret('server', serverSecret(certificate, key, watchedDirectory));
    this.#secret('peers', peersSecret({ [trustDomain]: bundle }));
  }

  /** What a gateway shows to API Gateway. */
  installEdge(certificate: { readonly serial: string; readonly chain: string; readonly key: string }): void {
    this.edge.install(certificate.serial, certificate.chain, certificate.key);
    const paths = this.edge.paths;
    this.#secret('edge', edgeSecret(paths.certificate, paths.key, paths.watchedDirectory));
  }

  /** A secret of the login of a service, by its key in the plan. Before the rules that it stands in. */
  installLoginSecret(login: string, name: keyof LoginPaths, text: string): void {
    const paths = this.#loginPaths(login);
    this.#logins.set(login, paths);
    ownFolder(dirname(paths[name]));
    this.#replace(paths[name], genericSecret(name, text));
  }

  #loginPaths(login: string): LoginPaths {
    const folder = join(this.path, 'logins', login.split('/')[1] ?? '');
    return { client: join(folder, 'client.json'), session: join(folder, 'session.json') };
  }

  get #routes(): string {
    return join(this.path, 'routes', 'routes.json');
  }

  #secretPath(name: string): string {
    return join(this.path, 'secrets', `${name}.json`);
  }

  #secret(name: string, content: object): void {
    this.#replace(this.#secretPath(name), content);
  }

  /** A file that did not change is left alone, so that no watcher wakes. */
  #replace(path: string, content: object): void {
    const text = canonicalJson(content);
    if (this.#written.get(path) === text) return;
    replaceFile(path, text);
    this.#written.set(path, text);
  }

  readonly #written = new Map<string, string>();
  readonly #logins = new Map<string, LoginPaths>();

  #own(point: string): RefValues {
    return {
      [`${point}/admin/path`]: this.adminSocket,
      [`${point}/decision/path`]: this.decisionSocket,
      [`${point}/routes/path`]: this.#routes,
      [`${point}/routes/directory`]: dirname(this.#routes),
      [`${point}/secrets/directory`]: join(this.path, 'secrets'),
      [`${point}/secrets/server`]: this.#secretPath('server'),
      [`${point}/secrets/peers`]: this.#secretPath('peers'),
      [`${point}/secrets/edge`]: this.#secretPath('edge'),
      ...Object.fromEntries(
        [...this.#logins].flatMap(([login, { client, session }]) => [
          [`${login}/directory`, dirname(client)],
          [`${login}/client/path`, client],
          [`${login}/session/path`, session],
        ]),
      ),
    };
  }
}

/** The SDS files of one login. */
interface LoginPaths {
  readonly client: string;
  readonly session: string;
}

function withOwn(refs: RefValues, own: RefValues): RefValues {
  const twice = Object.keys(own).find((name) => Object.hasOwn(refs, name));
  if (twice !== undefined) throw new AgentError('ambiguous-ref', `the value of ${twice} is the agent's own`);
  return { ...refs, ...own };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}
