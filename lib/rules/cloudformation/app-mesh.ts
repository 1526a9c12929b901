import { type TemplateCheck, type TemplateFinding, violation } from './support/check.js';
import { everyItem } from './support/every-value.js';
import { at, mapsOf, shown, text, words } from './support/read.js';
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
    const envoys = everyItem(resource, 'ContainerDefinitions', ['Image', 'Environment'], reading, envoy);
    if (envoys.length > 0) return envoys;
    // APPMESH is the default, and the only type there is.
    const type = text(at(proxy, 'Type')) ?? (proxy === undefined ? undefined : 'APPMESH');
    if (type !== 'APPMESH') return [];
    return [violation(['ProxyConfiguration'], 'there is no App Mesh any more', { found: shown(type) })];
  },
};

/** A virtual gateway is an Envoy of App Mesh's alone, with no proxy of the task. */
function envoy(container: Value, index: number): TemplateFinding[] {
  const image = words(at(container, 'Image'));
  const variable = mapsOf(at(container, 'Environment')).find(({ Name: name }) =>
    /^APPMESH_(?:RESOURCE_ARN|RESOURCE_NAME|VIRTUAL_NODE_NAME)$/.test(words(name)),
  );
  const found = /\/aws-appmesh-envoy[:@]/.test(image) ? image : words(variable?.['Name']);
  if (found === '') return [];
  return [
    violation(['ContainerDefinitions', index], 'there is no App Mesh any more', { found: shown(found) }),
  ];
}
