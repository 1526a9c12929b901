import type { Diagnostic } from '../diagnostic.js';
import type { Plan } from '../plan/plan.js';
import type { CertificateOptions } from './certificates.js';
import { ingressPlace } from './ingress/place.js';
import type { NetworkOptions } from './network.js';
import type { VisibilityOptions } from './visibility.js';
import type { WorkloadsOptions } from './workloads.js';

interface LooseEndOptions extends Pick<WorkloadsOptions, 'egress' | 'ingress' | 'ingressGateway'> {
  readonly certificates?: Pick<CertificateOptions, 'gatewayIssuer'>;
  readonly network?: Pick<NetworkOptions, 'monitoring'>;
  readonly visibility?: Pick<VisibilityOptions, 'alarms'>;
}

/**
 * What is made, and would wait in the cluster for something that nobody was asked for. Each is closed, so none is an error:
 * `no-way-in`, `no-gateway-certificate` and `alarms-without-metrics`. What would come to nothing at all is `unused-option`.
 * @returns a warning for each
 */
export function looseEnds(plan: Plan, options: LooseEndOptions): readonly Diagnostic[] {
  const { ingress, ingressGateway, certificates, network, visibility } = options;
  const found: Diagnostic[] = [];
  const reached = plan.gateway.services.filter((name) => isForUsers(plan, name));
  if (reached.length > 0 && !ingress && !ingressGateway) {
    found.push({
      code: 'no-way-in',
      severity: 'warning',
      path: 'ingress',
      message: 'users are in rules, and no gateway lets them in',
      found: `neither \`ingress\` nor \`ingressGateway\`; users of ${reached.join(', ')}`,
      expected: 'a gateway in a namespace of its own: in the plan’s own everything is closed to clients',
      remedy:
        "have one made for Envoy Gateway (`ingress: { issuer: { name: '…' } }`), or name yours (`ingressGateway: { namespace, serviceAccount, selector }`)",
    });
  }
  if (
    plan.gateway.services.length > 0 &&
    ingress &&
    !certificates?.gatewayIssuer &&
    ingress.certificateSecret === undefined
  ) {
    const { namespace, certificateSecret } = ingressPlace(plan, ingress);
    found.push({
      code: 'no-gateway-certificate',
      severity: 'warning',
      path: 'certificates.gatewayIssuer',
      message: 'nobody makes the certificate that the gateway shows to users',
      found: `no \`certificates.gatewayIssuer\`, and a listener with the Secret ${namespace}/${certificateSecret}`,
      expected: 'an issuer for the public hosts, or a Secret of yours by its name',
      remedy:
        'name the issuer (`certificates: { …, gatewayIssuer: { name } }`), or make the Secret (kubernetes.io/tls) and name it as `ingress.certificateSecret`',
    });
  }
  if (visibility?.alarms !== false && !network?.monitoring) {
    found.push({
      code: 'alarms-without-metrics',
      severity: 'warning',
      path: 'network.monitoring',
      message: 'the alarms about workloads cannot sound: the network lets nobody read the metrics',
      found: 'alarms, and no `network.monitoring`',
      expected: 'the namespace and the labels of the pods of Prometheus',
      remedy:
        "name them (`network: { monitoring: { namespace: 'monitoring', selector: { 'app.kubernetes.io/name': 'prometheus' } } }`), or leave the alarms out (`visibility: { alarms: false }`)",
    });
  }
  for (const [path, isUnused, wanted] of [
    ['ingress', ingress && plan.gateway.services.length === 0, 'a service with a `host` in the model'],
    ['egress', options.egress && !plan.egress, '`egress` in the model'],
  ] as const) {
    if (!isUnused) continue;
    found.push({
      code: 'unused-option',
      severity: 'warning',
      path,
      message: 'nothing is made of it',
      expected: wanted,
      remedy: 'leave the option out, or say in the model what it is for',
    });
  }
  return found;
}

/** Everybody but a workload in its own name comes through a gateway. */
function isForUsers({ policy }: Plan, service: string): boolean {
  return policy.services[service]!.rules.some(
    ({ effect, principals }) => effect === 'allow' && principals.some(({ kind }) => kind !== 'workload'),
  );
}
