import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { fetchText } from '../../lambda/authorizer/fetch-text.js';
import { openDecisionService } from '../../lambda/authorizer/service.js';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import type { Plan } from '../../lib/plan/plan.js';
import type { Template } from '../../lib/plan/refs.js';
import { DEPLOYER } from '../../test/kubernetes/guard-cases/index.js';
import { issuerKey, TestIssuer } from '../../test/engines/support/issuer.js';

const root = join(__dirname, '..', '..');
const MAP = 'zero-trust-revocations';

/** A real API server, and an administrator's token. */
export interface ApiServer {
  readonly url: string;
  readonly token: string;
  readonly ca: string;
}

/**
 * The decision service reads what is revoked from a real API server, by the right that it has there and no other; `ztp
 * revoke` writes it by kubectl; applying the manifests anew takes nothing back. Returns what was not so.
 */
export async function revocationFaults(
  server: ApiServer,
  plan: Plan,
  objects: readonly KubernetesObject[],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'revocations-'));
  const cluster = new Cluster(server, folder);
  const faults: string[] = [];
  const expect = (what: string, found: unknown, wanted: unknown) => {
    if (found !== wanted) faults.push(`${what}: ${String(found)}, not ${String(wanted)}`);
  };
  try {
    const account = join(folder, 'account');
    mkdirSync(account);
    // A guard leaves that to kubelets.
    const asKubelet = ['system:nodes', 'system:masters'].flatMap((group) => ['--as-group', group]);
    const asking = ['create', 'token', 'decision', '-n', 'shop', '--as', 'system:node:one', ...asKubelet];
    const token = (await cluster.kubectl(asking)).trim();
    writeFileSync(join(account, 'token'), token);
    writeFileSync(join(account, 'ca.crt'), server.ca);
    const get = async (path: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const options = { headers, ca: server.ca, timeoutMilliseconds: 5000, maxBytes: 1 << 22 };
      return (await fetchText(`${server.url}/api/v1/namespaces/${path}`, options)).status;
    };
    expect('its own document', await get(`shop/configmaps/${MAP}`), 200);
    const policy = objects.find(({ metadata }) => metadata.name.startsWith('decision-policy-'))!;
    for (const other of [
      `shop/configmaps/${policy.metadata.name}`,
      'shop/configmaps',
      'shop/secrets',
      `default/configmaps/${MAP}`,
    ])
      expect(`what it has no right to, ${other}`, await get(other), 403);

    const service = await Decision.start(server, plan, policy, account);
    try {
      expect('before anything is revoked', await service.status('ada'), 200);
      const revoke = (subject: string, as: string) => cluster.revoke(subject, as);
      expect(
        'a revocation by somebody',
        (await revoke('ada', 'nobody')).includes('decision-documents'),
        true,
      );
      const both = await Promise.all([revoke('ada', 'on-duty'), revoke('eve', 'on-duty')]);
      expect(
        'two revocations at once',
        both.every((text) => text.includes('are bad')),
        true,
      );
      service.wait(60);
      expect('the first within a minute', await service.status('ada'), 401);
      expect('the second within a minute', await service.status('eve'), 401);
      expect('anybody else', await service.status('bob'), 200);
      const emitted = objects.find(({ metadata }) => metadata.name === MAP)!;
      // Flux removes what such a manager has written.
      const written = await cluster.kubectl([
        'get',
        'configmap',
        MAP,
        '-n',
        'shop',
        '--show-managed-fields',
        '-o',
        'json',
      ]);
      expect('fields of kubectl', /"manager": "kubectl/.test(written), false);
      const map = JSON.parse(written) as KubernetesObject;
      const older = { ...map, data: { 'revocations.json': '{"version":1,"entries":[]}' } };
      for (const [what, object] of Object.entries({ emptied: emitted, older })) {
        const said = await cluster.kubectl(['replace', '-f', '-'], stringify(object)).catch(String);
        expect(`${what}, by a deployer`, said.includes('a higher version alone'), true);
      }
      for (const way of [['--server-side', '--force-conflicts'], []]) {
        await cluster.kubectl(['apply', ...way, '-f', '-'], stringify(emitted));
        service.wait(60);
        expect(`after applying anew ${way.join(' ')}`, await service.status('ada'), 401);
      }
      await cluster.kubectl(['delete', 'configmap', MAP, '-n', 'shop']);
      await cluster.kubectl(['apply', '-f', '-'], stringify(emitted));
      service.wait(60);
      expect('taken away and made anew', await service.status('ada'), 401);
      service.wait(301);
      expect('for longer than five minutes', await service.status('bob'), 503);
    } finally {
      await service.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  return faults;
}

/** Who asks: a name of ours, the user, and a group. */
const PEOPLE = [
  ['deployer', DEPLOYER, 'system:authenticated'],
  ['on-duty', 'somebody', 'on-duty'],
  ['nobody', 'somebody', 'system:authenticated'],
] as const;

/** The server as kubectl knows it, for each of them. */
class Cluster {
  constructor(
    { url, token, ca }: ApiServer,
    readonly folder: string,
  ) {
    for (const [as, name, group] of PEOPLE) {
      // With every right: only admission is left to refuse.
      const user = { token, as: name, 'as-groups': [group, 'system:masters'] };
      const config = {
        apiVersion: 'v1',
        kind: 'Config',
        clusters: [{ name: 'own', cluster: { server: url, 'certificate-authority-data': btoa(ca) } }],
        users: [{ name: 'own', user }],
        contexts: [{ name: 'own', context: { cluster: 'own', user: 'own' } }],
        'current-context': 'own',
      };
      writeFileSync(this.#config(as), stringify(config));
    }
  }

  /** What it prints for a deployer. Rejects if it fails. */
  kubectl(words: readonly string[], input = ''): Promise<string> {
    return ran('kubectl', words, { ...process.env, KUBECONFIG: this.#config('deployer') }, input);
  }

  /** What is said of it, whether it was done or not. */
  async revoke(subject: string, as: string): Promise<string> {
    const asked = ['--engine', 'kubernetes', '--issuer', 'people', '--subject', subject];
    const words = ['revoke', 'examples/shop/model.ts', '--in', `configmap://shop/${MAP}`, ...asked];
    const env = { ...process.env, KUBECONFIG: this.#config(as) };
    return ran(process.execPath, [join(root, 'dist/cli/ztp.js'), ...words], env).catch(String);
  }

  #config(as: string): string {
    return join(this.folder, `${as}.yaml`);
  }
}

/** The decision service's own code with the policy of the manifests, and a clock that is set on. */
class Decision {
  private constructor(
    private readonly clock: { now: number },
    private readonly server: ReturnType<typeof createServer>,
    private readonly people: TestIssuer,
    private readonly plan: Plan,
  ) {}

  static async start(
    { url }: ApiServer,
    plan: Plan,
    policy: KubernetesObject,
    account: string,
  ): Promise<Decision> {
    const { hostname, port } = new URL(url);
    const people = new TestIssuer('people', plan.policy.issuers['people']!.issuer, [
      issuerKey('ES256', 'one'),
    ]);
    const clock = { now: Date.now() };
    const { 'policy.json': text } = policy['data'] as { 'policy.json': string };
    const { serve } = openDecisionService({
      template: JSON.parse(text) as Template,
      refs: {},
      environment: {
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
        ZTP_SERVICE_ACCOUNT: account,
      },
      clock: () => clock.now,
      write: () => undefined,
      fetchText: async (asked, options) =>
        asked.startsWith(url)
          ? fetchText(asked, options)
          : { status: 200, headers: {}, text: JSON.stringify(people.jwks()) },
    });
    const server = createServer(serve);
    const made = new Decision(clock, server, people, plan);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return made;
  }

  wait(seconds: number): void {
    this.clock.now += seconds * 1000;
  }

  /** Of a request of somebody of the shop to the service for orders, through the ingress gateway. */
  status(sub: string): Promise<number> {
    const { authority: host, audience: aud, sidecar } = this.plan.services['orders']!;
    const iat = Math.floor(this.clock.now / 1000);
    const claims = { iss: this.people.issuer, sub, aud, iat, exp: iat + 300 };
    const headers = {
      host,
      authorization: `Bearer ${this.people.sign({ alg: 'ES256', kid: 'one' }, claims)}`,
      'x-ztp-peer': `spiffe://${this.plan.trustDomain}/ns/shop-ingress/sa/gateway`,
      'x-forwarded-client-cert': `By=own;Hash=${'0'.repeat(64)};URI=${sidecar.spiffeId}`,
    };
    const { port } = this.server.address() as AddressInfo;
    return new Promise((done, fail) => {
      request({ host: '127.0.0.1', port, path: '/orders/1', headers, agent: false }, (response) => {
        response.resume();
        done(response.statusCode!);
      })
        .once('error', fail)
        .end();
    });
  }

  close(): Promise<void> {
    return new Promise((done) => this.server.close(() => done()));
  }
}

function ran(command: string, words: readonly string[], env: NodeJS.ProcessEnv, input = ''): Promise<string> {
  return new Promise((done, fail) => {
    const child = execFile(
      command,
      [...words],
      { cwd: root, env, maxBuffer: 1 << 24 },
      (error, stdout, stderr) => {
        if (error) fail(new Error(`${error.message}${stderr}`));
        else done(stdout);
      },
    );
    child.stdin?.end(input);
  });
}
