import { GATEWAY } from '../plan/names.js';
import type { Plan } from '../plan/plan.js';
import { alarm, increase, rises } from './alarm.js';
import type { CertificateOptions } from './certificates.js';
import { egressAlarms } from './egress/alarms.js';
import { ingressAlarms } from './ingress/alarms.js';
import { IDENTITY } from './ingress/gateway.js';
import { ISTIO } from './istio.js';
import type { MeshMode } from './mesh-options.js';
import type { PrometheusRule } from './kinds/index.js';
import type { ObjectMetadata } from './object.js';
import type { Labels } from './workloads.js';

export interface AlarmOptions {
  /** Who judges requests, as in `WorkloadsOptions`. @default 'sidecar' */
  readonly mode?: MeshMode;
  /** Percent of judged requests of a service that are refused, of 100 requests or more in five minutes. @default 50 */
  readonly refusedPercent?: number;
  /** Server errors of a service in five minutes. @default 10 */
  readonly serverErrors?: number;
  /** Labels by which Prometheus selects its rules. @default none */
  readonly ruleLabels?: Labels;
  /** Those that are made: the alarm about certificates is of them. @default istiod signs, and the gateway's are your own */
  readonly certificates?: Pick<CertificateOptions, 'gatewayIssuer'>;
  /** The namespace of the gateway's certificate, as in `CertificateOptions`. @default the plan's namespace */
  readonly gatewayNamespace?: string;
  /** Whether the gateway is made by `ingress`: it has a leaf of its own, and guards of its namespace. @default false */
  readonly isGatewayMade?: boolean;
}

/** What security must hear of, as rules of Prometheus. Their metrics are Istio's, Envoy's, cert-manager's and the API server's own. */
export function alarmRules(plan: Plan, options: AlarmOptions = {}): PrometheusRule {
  const { refusedPercent = 50, serverErrors = 10, ruleLabels } = options;
  const { namespace } = plan;
  const { gatewayNamespace = namespace, isGatewayMade = false, certificates, mode } = options;
  const guarded = isGatewayMade ? `(${namespace}|${gatewayNamespace})` : namespace;
  const reporter = mode === 'ambient' ? 'waypoint' : 'destination';
  const failed = (name: string, where: string) =>
    `certmanager_certificate_ready_status{condition="False",name="${name}",namespace="${where}"} == 1`;
  const by = 'destination_canonical_service';
  const counted = (more = '') =>
    `istio_requests_total{reporter="${reporter}",destination_workload_namespace="${namespace}"${more}}`;
  const requests = (more = '') => increase(counted(more), by);
  const watched = [
    ...(certificates ? [failed('istiod', ISTIO.namespace)] : []),
    ...(certificates?.gatewayIssuer ? [failed(GATEWAY, gatewayNamespace)] : []),
    ...(isGatewayMade ? [failed(IDENTITY, gatewayNamespace)] : []),
  ];
  const warn = plan.certificates.workload.lifetimeSeconds / 5;
  const rules = [
    alarm(
      'RefusedRatio',
      `100 * ${requests(',response_code=~"400|401|403"')} / ${requests()} >= ${refusedPercent} and ${requests()} >= 100`,
      'warning',
      'Of the requests to {{ $labels.destination_canonical_service }} many are refused.',
    ),
    alarm(
      'ServerErrors',
      `${requests(',response_code=~"5.."')} >= ${serverErrors}`,
      'warning',
      'Callers of {{ $labels.destination_canonical_service }} get server errors.',
    ),
    alarm(
      'DecisionUnavailable',
      rises(counted(',response_code="503",response_flags=~".*UAEX.*"'), by),
      'critical',
      'Requests to {{ $labels.destination_canonical_service }} could not be judged, and were refused.',
    ),
    alarm(
      'CertificateAge',
      `min by (pod) (istio_agent_cert_expiry_seconds{namespace="${namespace}"}) < ${warn}`,
      'critical',
      'The certificate of {{ $labels.pod }} was not renewed.',
    ),
    // Of a certificate that is not made there is no metric, and so never an alarm.
    ...(watched.length > 0
      ? [
          alarm(
            'AuthorityCertificate',
            watched.join(' or '),
            'critical',
            'cert-manager could not renew {{ $labels.namespace }}/{{ $labels.name }}.',
          ),
        ]
      : []),
    alarm(
      'ConfigurationRejected',
      rises('pilot_total_xds_rejects', 'type'),
      'critical',
      'Sidecars refuse the configuration of istiod: policies that are applied are not in force.',
    ),
    alarm(
      'GuardRefused',
      rises(
        'apiserver_validating_admission_policy_check_total{enforcement_action="deny",' +
          `policy=~".+[.]${guarded}[.]zero-trust-platform"}`,
        'policy',
      ),
      'warning',
      'Somebody tried what {{ $labels.policy }} forbids.',
    ),
    ...(isGatewayMade ? ingressAlarms(plan, gatewayNamespace, refusedPercent) : []),
    ...egressAlarms(plan, serverErrors),
  ];
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: {
      name: 'zero-trust-platform',
      namespace,
      ...(ruleLabels && ({ labels: ruleLabels } satisfies Partial<ObjectMetadata>)),
    },
    spec: { groups: [{ name: `zero-trust-platform.${namespace}`, rules }] },
  };
}
