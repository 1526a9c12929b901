import type { Plan } from '../../plan/plan.js';
import { ISTIO } from '../istio.js';
import type { Container, Probe, Resources, VolumeProjection } from '../kinds/index.js';
import { replicatedPods, RESTRICTED } from '../replicated-pods.js';
import { type EmittedDecisionService, meshDecisionService } from './options.js';

/** Where the process finds its policy, its right at the API server, and authorities of yours. */
const FOLDERS = {
  policy: '/etc/zero-trust/policy',
  account: '/var/run/zero-trust/account',
  authorities: '/etc/zero-trust/authorities',
} as const;

/** The same number as in `gateway/decision.Dockerfile`. */
const USER = 20902;

/** Seconds for which it goes on answering when it is to end: so long may it take until nobody asks it any more. */
const DRAIN_SECONDS = 15;

const PROGRAM = ['/usr/local/bin/node', '/decision/index.js'] as const;

const DEFAULT_RESOURCES: Resources = {
  requests: { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '16Mi' },
  limits: { cpu: '1', memory: '256Mi', 'ephemeral-storage': '64Mi' },
};

/** Its pods, at Pod Security `restricted`, and that they do not all go at once. `policy` is the name of its ConfigMap. */
export function decisionDeployment(
  { namespace }: Plan,
  options: EmittedDecisionService,
  policy: string,
): ReturnType<typeof replicatedPods> {
  const { serviceName: name, serviceAccount, selector, port } = meshDecisionService(options);
  const { image, issuerAuthorities, replicas = 2, resources = DEFAULT_RESOURCES } = options;
  const probe = (question: string): Pick<Probe, 'exec' | 'timeoutSeconds'> => ({
    exec: { command: [...PROGRAM, question] },
    timeoutSeconds: 5,
  });
  const container: Container = {
    name: 'decision',
    image,
    command: PROGRAM,
    env: Object.entries({
      ZTP_DECISION_PORT: String(port),
      // Where it says on loopback how it is.
      ZTP_DECISION_HEALTH_PORT: String(healthPort(port)),
      ZTP_DECISION_DRAIN_SECONDS: String(DRAIN_SECONDS),
      ZTP_DECISION_POLICY: `${FOLDERS.policy}/policy.json`,
      ZTP_SERVICE_ACCOUNT: FOLDERS.account,
      ...(issuerAuthorities && {
        NODE_EXTRA_CA_CERTS: `${FOLDERS.authorities}/${issuerAuthorities.key}`,
      }),
    }).map(([variable, value]) => ({ name: variable, value })),
    ports: [{ name: 'http', containerPort: port }],
    resources,
    // It listens on loopback alone, where neither the node nor Istio's agent asks: the question comes from inside.
    startupProbe: { ...probe('ready'), periodSeconds: 2, failureThreshold: 60 },
    readinessProbe: { ...probe('ready'), periodSeconds: 10 },
    livenessProbe: { ...probe('live'), periodSeconds: 30 },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: 'policy', mountPath: FOLDERS.policy, readOnly: true },
      { name: 'account', mountPath: FOLDERS.account, readOnly: true },
      ...(issuerAuthorities ? [{ name: 'authorities', mountPath: FOLDERS.authorities, readOnly: true }] : []),
    ],
  };
  return replicatedPods({
    namespace,
    name,
    serviceAccount,
    selector,
    inject: true,
    replicas,
    user: USER,
    drainSeconds: DRAIN_SECONDS,
    container,
    volumes: [
      { name: 'policy', configMap: { name: policy } },
      { name: 'account', projected: { sources: ACCOUNT } },
      ...(issuerAuthorities
        ? [{ name: 'authorities', configMap: { name: issuerAuthorities.configMap } }]
        : []),
    ],
  });
}

/** Beside its own, and none of Istio's in the pod. */
function healthPort(port: number): number {
  const isFree = (own: number) => own < 65_536 && !ISTIO.reservedPorts.some((reserved) => reserved === own);
  return [port + 1, port + 2, port + 3, port - 1].find(isFree)!;
}

/** A token for the API server alone, which the kubelet renews, and the authority of that server. */
const ACCOUNT: readonly VolumeProjection[] = [
  { serviceAccountToken: { path: 'token', expirationSeconds: 3600 } },
  { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
];
