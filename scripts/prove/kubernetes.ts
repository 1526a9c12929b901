import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { App, Testing } from 'cdk8s';
import { ZeroTrustPlatform } from '../../constructs/cdk8s/index.js';
import { shopPlatform } from '../../examples/cdk8s/shop-platform.js';
import { isOfGuard } from '../../lib/kubernetes/cluster/index.js';
import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import {
  DEPLOYER,
  DRIVEN,
  EXISTING,
  GUARD_CASES,
  type GuardCase,
  IMAGES,
  OF_POD,
  PROXY,
  REVOKERS,
} from '../../test/kubernetes/guard-cases/index.js';
import { AMBIENT_CASES, AMBIENT_EXISTING } from '../../test/kubernetes/ambient-guard-cases.js';
import { ambientShop } from '../../test/kubernetes/ambient-shop.js';
import { workloadsBeside } from '../../test/kubernetes/shop-workloads.js';
import type { Plan } from '../../lib/plan/plan.js';
import type { Outcome } from '../prove.js';
import { guardFaults } from './kubernetes-guards.js';
import { linterFaults } from './kubernetes-linters.js';
import { type ApiServer, revocationFaults } from './kubernetes-revocations.js';

const root = join(__dirname, '..', '..');

/** A request to the API server, and what is wrong with its answer. */
interface Asked {
  readonly object: KubernetesObject;
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly operation?: string;
  readonly subresource?: string;
  readonly afterPolicies?: boolean;
  readonly fault: (error: string) => string | undefined;
}

/**
 * A real kube-apiserver with the real definitions takes every object of the shop, with sidecars and without, strictly; then its own admission
 * refuses what the guards are there to refuse, and nothing else; what is revoked is read and written there. istioctl, checkov and kube-score say nothing of the
 * objects that is not accepted with a reason. Needs Go and Python, which have them from pinned releases, and kubectl.
 */
export async function proveKubernetes(): Promise<Outcome> {
  const program = build();
  const definitions: unknown = JSON.parse(
    execFileSync(process.execPath, [join(root, 'scripts', 'kubernetes-schemas.mjs'), '--definitions'], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    }),
  );
  const { objects, meshConfig, plan } = shop();
  const inAmbient = ambient();
  const requests = [
    ...manifests([objects, inAmbient], [...EXISTING, ...AMBIENT_EXISTING.map(there)]),
    ...GUARD_CASES.filter(({ withGateway }) => !withGateway).map(guarded),
    ...AMBIENT_CASES.map((each) => guarded({ ...each, object: there(each.object) })),
  ];
  const { answers, server, close } = await asked(program, { definitions, requests });
  const faults = requests.flatMap(({ object, fault }, index) => {
    const found = fault(answers[index] ?? 'no answer');
    return found === undefined ? [] : [`${object.kind} ${object.metadata.name}: ${found}`];
  });
  try {
    faults.push(
      ...(server
        ? [
            ...(await guardFaults(server, [...objects, ...inAmbient])),
            ...(await revocationFaults(server, plan, objects)),
          ]
        : ['the server ended']),
    );
  } finally {
    await close();
  }
  const linted = linterFaults(root, objects, workloadsBeside(objects), meshConfig);
  for (const each of [...faults, ...linted.faults]) console.log(each);
  const summary =
    `${requests.length} requests and what is revoked, ${faults.length} not answered as they must be; ` +
    `${objects.length} objects linted, ${linted.accepted} findings accepted, ${linted.faults.length} not explained`;
  return { holds: faults.length + linted.faults.length === 0, summary };
}

/** What the server answers to each request, and the server itself, which goes on until it is closed. */
async function asked(program: string, input: object) {
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write(JSON.stringify(input));
  const answers: string[] = [];
  let server: ApiServer | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as { readonly error: string } | ApiServer;
    if ('error' in said) answers.push(said.error);
    else server = said;
    if (server) break;
  }
  const close = async () => {
    child.stdin.end();
    await once(child, 'exit');
  };
  return { answers, server, close };
}

function build(): string {
  const folder = join(root, 'node_modules', '.cache', 'kubernetes');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'apiserver');
  // The release that it says it is of: without one no feature has a default.
  const flags = '-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3';
  execFileSync('go', ['build', '-trimpath', '-ldflags', flags, '-o', file, '.'], {
    cwd: join(root, 'test', 'engines', 'kubernetes', 'apiserver'),
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'inherit',
  });
  return file;
}

/** The objects of the shop in the order in which they are applied, and the configuration of the mesh that they rely on. */
function shop(): {
  readonly objects: readonly KubernetesObject[];
  readonly meshConfig: unknown;
  readonly plan: Plan;
} {
  const { charts, plan, prerequisites } = shopPlatform(new App(), {
    deployers: { users: [DEPLOYER], groups: ['platform'] },
    proxyImage: PROXY,
    images: { decision: IMAGES },
    revokers: REVOKERS,
  });
  return {
    objects: charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]),
    meshConfig: prerequisites.prerequisites.helm.istiod['meshConfig'],
    plan,
  };
}

/** The namespace of the shop without sidecars, beside the other. */
const AMBIENT = 'shop-ambient';

/** Its objects, in the same order. */
function ambient(): readonly KubernetesObject[] {
  const { charts } = new ZeroTrustPlatform(new App(), 'ambient', {
    ...ambientShop,
    model: { ...ambientShop.model, authority: { namespace: AMBIENT } },
  });
  return charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);
}

/** An object of its cases, which are of `shop`. */
function there(object: KubernetesObject): KubernetesObject {
  const { name, namespace } = object.metadata;
  const metadata =
    namespace === undefined ? { name: name === 'shop' ? AMBIENT : name } : { namespace: AMBIENT };
  return { ...object, metadata: { ...object.metadata, ...metadata } };
}

/** The objects of platforms by who applies them, after what must be there before, and what the guards let nobody make before those. */
function manifests(
  platforms: readonly (readonly KubernetesObject[])[],
  existing: readonly KubernetesObject[],
): Asked[] {
  const namespaces = [
    'istio-system',
    'cert-manager',
    'envoy-gateway-system',
    'istio-ingress',
    'shop-ingress',
  ].map((name) => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  }));
  // Accounts for whose tokens somebody asks: the second was there before the guards.
  const accounts = (['shop-ingress default', 'shop-ingress gateway', 'shop default'] as const).map((each) => {
    const [namespace, name] = each.split(' ') as [string, string];
    return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
  });
  const before = accounts.filter(({ metadata }) => metadata.namespace === 'shop-ingress');
  const after = accounts.filter((each) => !before.includes(each));
  // The guards are in force some seconds after they are applied, and what they refuse is there before.
  const guardsOf = (objects: readonly KubernetesObject[]) => objects.findIndex(isOfGuard);
  const first = platforms.flatMap((objects) => objects.slice(0, guardsOf(objects)));
  const rest = platforms.flatMap((objects) => objects.slice(guardsOf(objects)));
  return [...namespaces, ...before, ...first, ...after, ...existing, ...rest].map((object) => ({
    object,
    // Who asked the issuer of the CSI driver goes on to be who did.
    ...(object.kind === 'CertificateRequest' ? { user: DRIVEN, extra: OF_POD } : { user: DEPLOYER }),
    fault: (error) => (error === '' ? undefined : error),
  }));
}

function guarded({
  object,
  operation = 'CREATE',
  user = 'somebody',
  groups = [],
  extra,
  isOfAll,
  subresource,
  ...expected
}: GuardCase): Asked {
  return {
    object,
    user,
    groups,
    ...(extra && { extra }),
    // A change of what is there; nobody's request leaves anything behind.
    operation: isOfAll ? 'DELETE ALL' : operation === 'UPDATE' ? 'APPLY' : operation,
    ...(subresource && { subresource }),
    afterPolicies: true,
    fault: (error) => {
      const { refusedBy, what } = expected;
      if (refusedBy === undefined) return error === '' ? undefined : `refused, ${what}: ${error}`;
      // The server itself refuses some of it before: Pod Security, and debuggers in a pod that is new.
      const known = [`${refusedBy}: `, 'violates PodSecurity', 'cannot be set on create'];
      return known.some((each) => error.includes(each)) ? undefined : `${what}: ${error || 'accepted'}`;
    },
  };
}
