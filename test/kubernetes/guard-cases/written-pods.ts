import shop from '../../../examples/shop/egress.js';
import {
  decisionServiceObjects,
  egressObjects,
  type KubernetesObject,
  type WorkloadsOptions,
} from '../../../lib/kubernetes/index.js';
import { resolve } from '../../../lib/plan/resolve.js';
import { APP, DECISION, DIGEST, EGRESS_IMAGE, type Fields, type GuardCase, refused } from './case.js';
import { pod } from './pod.js';

interface Template {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly containers: readonly [Container];
    readonly volumes: readonly Volume[];
    readonly [field: string]: unknown;
  };
}

interface Container {
  readonly command: readonly string[];
  readonly env?: readonly Fields[];
  readonly volumeMounts: readonly Volume[];
  readonly [field: string]: unknown;
}

interface Volume {
  readonly name: string;
  readonly [field: string]: unknown;
}

const OPTIONS: WorkloadsOptions = {
  decisionService: { image: DECISION, apiServer: { networks: ['10.0.0.1/32'], port: 6443 } },
  egress: { image: EGRESS_IMAGE },
};
const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const DECIDES = templateOf(decisionServiceObjects(plan, OPTIONS, '{}'));
const LEADS = templateOf(egressObjects(plan, OPTIONS));

function templateOf(objects: readonly KubernetesObject[]): Template {
  const [template] = objects.flatMap(({ kind, spec }) =>
    kind === 'Deployment' ? [(spec as { readonly template: Template }).template] : [],
  );
  return template!;
}

interface Changed {
  /** Of its own container. */
  readonly container?: Fields;
  readonly spec?: Fields;
  /** Whether it has its sidecar, of the decision service. @default it has */
  readonly proxy?: 'none';
  /** What is emitted. @default by the options of the cases */
  readonly of?: Template;
}

/** A pod of the egress gateway as it is emitted, with something else in it. */
function egress({ container = {}, spec = {}, of = LEADS }: Changed = {}): KubernetesObject {
  const { metadata, spec: own } = of;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'egress', namespace: 'shop', labels: metadata.labels },
    spec: { ...own, containers: [{ ...own.containers[0], ...container }], ...spec },
  };
}

/** The same of the decision service, after injection. */
export function decisionPod({
  container = {},
  spec = {},
  proxy,
  of = DECIDES,
}: Changed = {}): KubernetesObject {
  const { metadata, spec: own } = of;
  const { containers, ...others } = own;
  return pod({
    labels: { ...metadata.labels, 'sidecar.istio.io/inject': 'true' },
    app: { ...containers[0], ...container },
    spec: { ...others, ...spec },
    ...(proxy && { proxy }),
  });
}

/** Both as they are emitted by other options. */
export function writtenPods(options: WorkloadsOptions): readonly KubernetesObject[] {
  return [
    egress({ of: templateOf(egressObjects(plan, options)) }),
    decisionPod({ of: templateOf(decisionServiceObjects(plan, options, '{}')) }),
  ];
}

/** A program in place of what is written, or beside it. */
const ANOTHER = { command: ['/bin/program', '--config-yaml', '{}'] };

/** What everybody may write who may write ConfigMaps or Secrets of the namespace. */
const MINE = { name: 'mine', configMap: { name: 'mine' } };

/** What nobody may be under the account of pods that the platform runs. */
function otherwise(
  who: string,
  make: (changed?: Changed) => KubernetesObject,
  { spec }: Template,
): [what: string, because: RegExp, object: KubernetesObject][] {
  const [container] = spec.containers;
  const [first, ...mounts] = container.volumeMounts;
  const [configuration, ...volumes] = spec.volumes;
  const { configMap } = configuration as { readonly configMap?: { readonly name: string } };
  const own = (what: string, because: RegExp, changed: Fields) =>
    [`${who} ${what}`, because, make({ container: changed })] as [string, RegExp, KubernetesObject];
  const whole = (what: string, because: RegExp, changed: Fields) =>
    [`${who} ${what}`, because, make({ spec: changed })] as [string, RegExp, KubernetesObject];
  /** Its first volume, which deployers alone write, is another. */
  const reads = (what: string, changed: Fields) =>
    whole(what, /a deployer applied/, { volumes: [{ ...configuration, ...changed }, ...volumes] });
  return [
    own('by another name', /one container/, { name: 'second' }),
    own('that does something else', /starts as/, ANOTHER),
    own('with more arguments', /starts as/, { args: ['--config-yaml', '{}'] }),
    own('with more variables', /starts as/, {
      env: [...(container.env ?? []), { name: 'NODE_OPTIONS', value: '--require /tmp/mine.js' }],
    }),
    own('with the variables of a ConfigMap', /starts as/, { envFrom: [{ configMapRef: { name: 'mine' } }] }),
    own('in another folder', /starts as/, { workingDir: '/tmp' }),
    own('that runs something as it starts', /no hook/, { lifecycle: { postStart: { exec: ANOTHER } } }),
    own('that runs something as it ends', /no hook/, { lifecycle: { preStop: { exec: ANOTHER } } }),
    ...['livenessProbe', 'readinessProbe', 'startupProbe'].map((probe) =>
      own(`with another command as its ${probe}`, /no hook/, { [probe]: { exec: ANOTHER } }),
    ),
    own('with its first volume elsewhere', /reads its files where/, {
      volumeMounts: [{ ...first, mountPath: '/elsewhere' }, ...mounts],
    }),
    own('with a part of its first volume', /reads its files where/, {
      volumeMounts: [{ ...first, subPath: 'part' }, ...mounts],
    }),
    [
      `${who} with a volume over its program`,
      /reads its files where/,
      make({
        container: {
          volumeMounts: [...container.volumeMounts, { name: 'mine', mountPath: '/usr/local/bin' }],
        },
        spec: { volumes: [...spec.volumes, MINE] },
      }),
    ],
    [
      `${who} with a device in place of a file of its program`,
      /reads its files where/,
      make({
        container: { volumeDevices: [{ name: 'mine', devicePath: '/decision/index.js' }] },
        spec: {
          volumes: [...spec.volumes, { name: 'mine', persistentVolumeClaim: { claimName: 'mine' } }],
        },
      }),
    ],
    whole('with a debugger', /one container/, {
      ephemeralContainers: [{ name: 'debug', image: container['image'] }],
    }),
    reads('with somebody’s ConfigMap', { configMap: { name: 'mine' } }),
    reads('with a ConfigMap whose name begins as its own', {
      configMap: { name: `mine-${configMap!.name}` },
    }),
    reads('with its files in another order', {
      configMap: { ...configMap, items: [{ key: 'old.json', path: 'policy.json' }] },
    }),
    reads('that reads a Secret', {
      configMap: undefined,
      secret: { secretName: configMap!.name },
    }),
    ...volumes.flatMap(({ name }) =>
      [{ secret: { secretName: 'mine' } }, { persistentVolumeClaim: { claimName: 'mine' } }].map((source) =>
        whole(`whose ${name} are somebody’s ${Object.keys(source)[0]}`, /a deployer applied/, {
          volumes: spec.volumes.map((each) => (each.name === name ? { name, ...source } : each)),
        }),
      ),
    ),
    whole('with a name server of its own', /finds names/, { dnsConfig: { nameservers: ['10.9.9.9'] } }),
    whole('with names of its own', /finds names/, {
      hostAliases: [{ ip: '10.9.9.9', hostnames: ['api.bank.example'] }],
    }),
    whole('with the name servers of its node', /finds names/, { dnsPolicy: 'Default' }),
    whole('with variables of the Services', /enableServiceLinks/, { enableServiceLinks: true }),
    whole('with them by default', /enableServiceLinks/, { enableServiceLinks: undefined }),
  ];
}

/** Requests about pods that the platform itself runs. */
export const WRITTEN_PODS: readonly GuardCase[] = [
  { what: 'the egress gateway', object: egress() },
  {
    what: 'the egress gateway beside another’s name servers that are the cluster’s',
    object: egress({ spec: { dnsPolicy: 'ClusterFirst' } }),
  },
  { what: 'the egress gateway elsewhere', object: egress({ spec: { nodeSelector: { zone: 'a' } } }) },
  ...refused('egress-gateway', [
    ...otherwise('an egress gateway', egress, LEADS),
    [
      'a shell in the egress gateway',
      /one container/,
      egress({
        spec: {
          containers: [...LEADS.spec.containers, { ...LEADS.spec.containers[0], name: 'second', ports: [] }],
        },
      }),
    ],
    [
      'something before the egress gateway',
      /one container/,
      egress({ spec: { initContainers: [{ ...bare(LEADS), name: 'first' }] } }),
    ],
  ]),
  {
    what: 'another image as the egress gateway',
    object: egress({ container: { image: APP } }),
    refusedBy: 'workload-images',
  },
  { what: 'the decision service', object: decisionPod() },
  { what: 'the decision service elsewhere', object: decisionPod({ spec: { nodeSelector: { zone: 'a' } } }) },
  {
    what: 'the decision service with one of its images as a volume',
    object: decisionPod({
      spec: { volumes: [...DECIDES.spec.volumes, { name: 'own', image: { reference: DECISION } }] },
    }),
  },
  {
    what: 'the decision service with an image of a folder',
    object: decisionPod({ container: { image: `registry.example/tools/a${DIGEST}` } }),
  },
  ...refused('decision-service', [
    ...otherwise('a decision service', decisionPod, DECIDES),
    [
      'something before the decision service',
      /one container/,
      decisionPod({ spec: { initContainers: [{ ...bare(DECIDES), name: 'first' }] } }),
    ],
    [
      'a decision service whose sidecar is beside another container',
      /one container/,
      besides(decisionPod(), { ...bare(DECIDES), name: 'second', ports: [] }),
    ],
  ]),
  ...refused('workload-images', [
    [
      'an image of its own as the decision service',
      /account decision/,
      decisionPod({ container: { image: APP } }),
    ],
    [
      'an image of its own as a volume of the decision service',
      /account decision/,
      decisionPod({
        spec: { volumes: [...DECIDES.spec.volumes, { name: 'mine', image: { reference: APP } }] },
      }),
    ],
  ]),
];

/** What a container is before others: nothing asks it. */
function bare({ spec }: Template): Fields {
  const {
    startupProbe: _s,
    readinessProbe: _r,
    livenessProbe: _l,
    lifecycle: _h,
    ...own
  } = spec.containers[0];
  return own;
}

function besides(object: KubernetesObject, container: Fields): KubernetesObject {
  const spec = object['spec'] as { readonly containers: readonly Fields[] };
  return { ...object, spec: { ...spec, containers: [...spec.containers, container] } };
}
