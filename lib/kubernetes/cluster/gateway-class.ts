import type { Diagnostic } from '../../diagnostic.js';
import type { KubernetesObject } from '../object.js';
import type { Settings } from '../prerequisites.js';
import { setting } from './settings.js';

/** How Envoy Gateway calls itself if nothing else is said (`gateway.controllerName`). */
const CONTROLLER = 'gateway.envoyproxy.io/gatewayclass-controller';

interface ClassSpec {
  readonly controllerName?: string;
}

interface ClassStatus {
  readonly conditions?: readonly { readonly type?: string; readonly status?: string }[];
}

/**
 * That there is the class of the gateway that is made, and Envoy Gateway has taken it: the chart makes none, and of a class that
 * nobody took no gateway comes to be.
 */
export function checkGatewayClass(
  name: string,
  found: readonly KubernetesObject[],
  { gateway }: Settings = {},
): Diagnostic[] {
  const path = `gatewayClass.${name}`;
  const { controllerName = CONTROLLER } = (gateway ?? {}) as ClassSpec;
  const same = found.find(({ metadata }) => metadata.name === name);
  const remedy = `apply one of Envoy Gateway: GatewayClass ${name} with controllerName: ${controllerName}, or name yours as ingress.gatewayClassName`;
  if (!same)
    return [{ ...setting(path, undefined, controllerName), message: 'there is no such class', remedy }];
  const { spec, status } = same as { readonly spec?: ClassSpec; readonly status?: ClassStatus };
  if (spec?.controllerName !== controllerName) {
    return [{ ...setting(`${path}.controllerName`, spec?.controllerName, controllerName), remedy }];
  }
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted')?.status;
  if (accepted === 'True') return [];
  return [
    {
      ...setting(`${path}.status`, accepted ?? 'Unknown', 'Accepted: True'),
      message: 'Envoy Gateway has not taken this class',
      remedy: 'see why: kubectl describe gatewayclass',
    },
  ];
}
