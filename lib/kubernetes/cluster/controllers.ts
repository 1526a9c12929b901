import type { Diagnostic } from '../../diagnostic.js';
import type { Controller } from '../certificate-charts.js';
import type { KubernetesObject } from '../object.js';
import { setting } from './settings.js';
import { checkVersion, releaseOf } from './version.js';

const NAME = 'app.kubernetes.io/name';
const CERT_MANAGER = 'cert-manager';
const CHARTS: readonly string[] = [
  CERT_MANAGER,
  'cert-manager-istio-csr',
  'cert-manager-csi-driver-spiffe',
  'trust-manager',
];

/** Selectors for what each chart labels so, whatever namespace it is in. */
export const CONTROLLER_LABELS = `${NAME} in (${CHARTS.join(',')})`;
export const APPROVER_LABELS = `${NAME}=${CERT_MANAGER}`;

/** A Deployment or DaemonSet of those charts. */
export function isController({ kind, metadata }: KubernetesObject): boolean {
  return ['Deployment', 'DaemonSet'].includes(kind) && CHARTS.includes(metadata.labels?.[NAME] ?? '');
}

/** A ClusterRole of cert-manager's chart. */
export function isOfCertManager({ kind, metadata }: KubernetesObject): boolean {
  return kind === 'ClusterRole' && metadata.labels?.[NAME] === CERT_MANAGER;
}

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers?: readonly Container[];
}

interface Container {
  readonly name?: string;
  readonly image?: string;
  readonly args?: readonly string[];
}

/** Each controller that is not there, is too old, or runs by other arguments. */
export function checkControllers(
  wanted: readonly Controller[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  return wanted.flatMap((controller) => {
    const { name, namespace, serviceAccount, minimum } = controller;
    const same = found.find(
      (each) =>
        podOf(each).serviceAccountName === serviceAccount &&
        (namespace === undefined || each.metadata.namespace === namespace),
    );
    if (!same) {
      return [
        {
          code: 'cluster-unknown',
          severity: 'error',
          path: name,
          message: 'the cluster does not run what the certificates of the mesh rely on',
          expected: `pods under the account ${namespace ?? '*'}/${serviceAccount}`,
          remedy: 'install it by its own chart, or name its account where the platform is made',
        },
      ];
    }
    const { containers = [] } = podOf(same);
    const own = containers.find((each) => each.name?.startsWith(serviceAccount)) ?? containers[0];
    const given = argumentsOf(containers);
    return [
      ...checkVersion(name, minimum, releaseOf(own?.image ?? '', same.metadata.labels)),
      ...Object.entries(controller.arguments)
        .filter(([argument, value]) => (given[argument] ?? '') !== value)
        .map(([argument, value]) =>
          setting(`${name}.--${argument}`, given[argument], value === '' ? 'none' : value),
        ),
    ];
  });
}

/**
 * That cert-manager's own approver lets a signer alone: it would approve any name before the driver's approver looks at it. By the
 * ClusterRoles of its chart, unless it is off.
 */
export function checkApproval(
  signerName: string,
  clusterRoles: readonly KubernetesObject[],
  controllers: readonly KubernetesObject[],
): Diagnostic[] {
  const isOff = controllers.some((each) =>
    (argumentsOf(podOf(each).containers ?? [])['controllers'] ?? '')
      .split(',')
      .includes('-certificaterequests-approver'),
  );
  if (isOff) return [];
  const [kinds] = signerName.split('/', 1);
  const approved = clusterRoles
    .flatMap(({ rules }) => (rules ?? []) as readonly Rule[])
    .filter(
      ({ resources = [], verbs = [] }) =>
        ['signers', '*'].some((each) => resources.includes(each)) &&
        ['approve', '*'].some((each) => verbs.includes(each)),
    )
    // A rule without names is for all.
    .flatMap(({ resourceNames = [] }) => (resourceNames.length === 0 ? ['*'] : resourceNames));
  if (approved.length === 0) {
    return [
      {
        code: 'cluster-unknown',
        severity: 'error',
        path: 'cert-manager.approveSignerNames',
        message: 'no ClusterRole of cert-manager says what it approves',
        expected: 'one with the label app.kubernetes.io/name: cert-manager, as its chart makes it',
        remedy: 'install it by its chart, or turn its own approver off: disableAutoApproval',
      },
    ];
  }
  const open = approved.filter((name) => ['*', `${kinds}/*`, signerName].includes(name));
  if (open.length === 0) return [];
  return [
    {
      ...setting('cert-manager.approveSignerNames', open, `neither ${signerName} nor all of its kind`),
      message: 'cert-manager approves whatever name csi-driver-spiffe’s issuer is asked for',
    },
  ];
}

interface Rule {
  readonly resources?: readonly string[];
  readonly verbs?: readonly string[];
  readonly resourceNames?: readonly string[];
}

function podOf({ spec }: KubernetesObject): PodSpec {
  return (spec as { readonly template?: { readonly spec?: PodSpec } } | undefined)?.template?.spec ?? {};
}

/** `--name=value`, as the charts write them; one without a value is `true`. */
function argumentsOf(containers: readonly Container[]): Readonly<Record<string, string>> {
  const all = containers.flatMap(({ args = [] }) => args);
  return Object.fromEntries(
    all.map((text) => {
      const [, name = '', value = 'true'] = /^--?([^=]+)(?:=(.*))?$/s.exec(text) ?? [];
      return [name, value];
    }),
  );
}
