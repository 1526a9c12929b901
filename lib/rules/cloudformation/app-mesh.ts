import { type TemplateCheck, violation } from './support/check.js';
import { at, shown, text } from './support/read.js';

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
    // APPMESH is the default, and the only type there is.
    const type = text(at(proxy, 'Type')) ?? (proxy === undefined ? undefined : 'APPMESH');
    if (type !== 'APPMESH') return [];
    return [violation(['ProxyConfiguration'], 'there is no App Mesh any more', { found: shown(type) })];
  },
};
