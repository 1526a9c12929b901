import { type PropertyPath, type TemplateCheck, type TemplateFinding, violation } from './support/check.js';
import { everyValue } from './support/every-value.js';
import { at, isMap, shown, text, words } from './support/read.js';
import type { Value } from './support/value.js';

const KINDS = [
  'Mesh',
  'VirtualNode',
  'VirtualService',
  'VirtualRouter',
  'Route',
  'VirtualGateway',
  'GatewayRoute',
];

const IMAGE = /\/aws-appmesh-envoy[:@]/;
const VARIABLE = /^APPMESH_(?:RESOURCE_ARN|RESOURCE_NAME|VIRTUAL_NODE_NAME)$/;

export const appMesh: TemplateCheck = {
  id: 'app-mesh',
  severity: 'error',
  reason:
    'AWS App Mesh ended on 30 September 2026: what is configured there protects nothing and cannot be deployed.',
  fix: 'Take the resource away. `Mesh` gives each service an Envoy of its own with certificates of minutes to hours.',
  types: [...KINDS.map((kind) => `AWS::AppMesh::${kind}`), 'AWS::ECS::TaskDefinition'],
  run(resource, reading) {
    if (resource.type !== 'AWS::ECS::TaskDefinition') {
      return [violation([], 'there is no App Mesh any more', { found: resource.type })];
    }
    const proxy = reading.get(resource, 'ProxyConfiguration');
    const envoys = everyValue(resource, reading, envoy);
    if (envoys.length > 0) return envoys;
    // APPMESH is the default, and the only type there is.
    const type = text(at(proxy, 'Type')) ?? (proxy === undefined ? undefined : 'APPMESH');
    if (type !== 'APPMESH') return [];
    return [violation(['ProxyConfiguration'], 'there is no App Mesh any more', { found: shown(type) })];
  },
};

/** A virtual gateway is an Envoy of App Mesh's alone, with no proxy of the task: its image or a variable tells. */
function envoy(path: PropertyPath, value: Value): TemplateFinding[] {
  const name = words(isMap(value) ? value['Name'] : value);
  const tells = isMap(value) ? VARIABLE.test(name) : path.at(-1) === 'Image' && IMAGE.test(name);
  if (!tells) return [];
  return [violation(path.slice(0, 2), 'there is no App Mesh any more', { found: shown(name) })];
}
