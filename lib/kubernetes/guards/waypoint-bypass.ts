import { NAME_LABEL } from '../name-label.js';
import { WAYPOINT } from '../waypoint.js';
import type { Workload } from '../workloads.js';
import { type Guard, hasLabels, literal, literals, optional } from './guard.js';

const USED = 'istio.io/use-waypoint';
const BY_INGRESS = 'istio.io/ingress-use-waypoint';
const ELSEWHERE = 'istio.io/use-waypoint-namespace';

/** A Kubernetes Service of the plan, or the waypoint's own. */
export interface OwnService extends Workload {
  readonly serviceName: string;
  /** The port for which there are rules. @default none is known */
  readonly servicePort?: number;
}

/**
 * A Service that leaves the waypoint, or goes to another one: nobody would get past it to a pod, since ztunnel lets the
 * waypoint alone in. And one that leads to other pods than the plan says: the waypoint judges by the Service, so that
 * whatever is open of one would be of another.
 */
export function waypointBypass(services: readonly OwnService[]): Guard {
  return {
    id: 'waypoint-bypass',
    purpose:
      'Every call to a service of the plan is judged by the waypoint, and comes to the pods of that service.',
    remedy: 'give the Service the selector and ports that the platform was told, and no such label',
    // With its status a Service's labels are written as well.
    guarded: [
      { apiGroups: [''], resources: ['services', 'services/status'], operations: ['CREATE', 'UPDATE'] },
    ],
    variables: {
      labels: optional('object.metadata.labels', '{}'),
      selector: optional('object.spec.selector', '{}'),
    },
    validations: [
      {
        expression: `!('${USED}' in variables.labels) || variables.labels['${USED}'] == '${WAYPOINT}'`,
        message: `the label ${USED} takes the Service from the waypoint of the namespace`,
      },
      {
        expression: `!('${BY_INGRESS}' in variables.labels) || variables.labels['${BY_INGRESS}'] == 'true'`,
        message: `the label ${BY_INGRESS} leads ingress gateways past the waypoint`,
      },
      {
        expression: `!('${ELSEWHERE}' in variables.labels)`,
        message: `the label ${ELSEWHERE} names a waypoint that has none of the policies`,
      },
      {
        expression: `!(${isNamed(services)}) || !has(object.spec.type) || object.spec.type != 'ExternalName'`,
        message: 'a Service of the plan is no other name',
      },
      ...selectorRules(services),
      ...portRules(services),
    ],
  };
}

/** More labels select fewer pods, of the same workload (`workload-identity`). One rule for all whose label is their name. */
function selectorRules(services: readonly OwnService[]): Guard['validations'] {
  const usual = services.filter(
    ({ selector, serviceName }) => Object.keys(selector).length === 1 && selector[NAME_LABEL] === serviceName,
  );
  const special = services.filter((service) => !usual.includes(service));
  return [
    ...(usual.length > 0
      ? [
          {
            expression: `!(${isNamed(usual)}) || ('${NAME_LABEL}' in variables.selector && variables.selector['${NAME_LABEL}'] == object.metadata.name)`,
            message: 'a Service of the plan selects the pods of its own workload',
          },
        ]
      : []),
    ...special.map((service) => ({
      expression: `!(${isNamed([service])}) || (${hasLabels('variables.selector', service.selector)})`,
      message: `the Service ${service.serviceName} selects the pods of its own workload`,
    })),
  ];
}

/** A port may have a name in the pods: there ztunnel lets the waypoint to the application's port alone. */
function portRules(services: readonly OwnService[]): Guard['validations'] {
  const known = services.filter(({ servicePort }) => servicePort !== undefined);
  const groups = Map.groupBy(known, ({ servicePort, ports }) => `${servicePort} to ${ports[0]}`);
  return [...groups.values()].map((group) => {
    const [{ servicePort, ports }] = group as [OwnService];
    const target = 'p.targetPort';
    return {
      expression:
        `!(${isNamed(group)}) || !has(object.spec.ports) || object.spec.ports.all(p, p.port != ${servicePort} || ` +
        `(has(${target}) && (type(${target}) == string || ${target} == ${ports[0]})))`,
      message: `port ${servicePort} of the Service leads to port ${ports[0]} of its pods`,
    };
  });
}

function isNamed(services: readonly OwnService[]): string {
  const [only, ...others] = services.map(({ serviceName }) => serviceName);
  return others.length === 0 && only !== undefined
    ? `object.metadata.name == ${literal(only)}`
    : `object.metadata.name in ${literals(services.map(({ serviceName }) => serviceName))}`;
}
