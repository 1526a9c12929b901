import { DEPLOYER, type GuardCase, refused } from './case.js';
import { GRANT, HTTP_ROUTE, NAMESPACE_CONTROLLER, OPEN, POLICY, WEB_HOST, policy } from './object.js';

/** Of policies that somebody else makes. */
export const POLICIES: readonly GuardCase[] = [
  // foreign-policy
  { what: 'a policy of a deployer', object: OPEN, user: DEPLOYER },
  { what: 'a policy of a group of deployers', object: OPEN, groups: ['platform'] },
  ...[NAMESPACE_CONTROLLER, 'system:kube-controller-manager'].map((user) => ({
    what: `what goes with its namespace, by ${user}`,
    object: POLICY,
    operation: 'DELETE' as const,
    user,
  })),
  {
    what: 'a policy of the controller manager',
    object: OPEN,
    user: 'system:kube-controller-manager',
    refusedBy: 'foreign-policy',
  },
  ...refused('foreign-policy', [
    ['a policy of somebody else', /only the deployers/, OPEN],
    [
      'mutual TLS of somebody else',
      /only the deployers/,
      policy('security.istio.io/v1', 'PeerAuthentication'),
    ],
    [
      'a filter of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1alpha3', 'EnvoyFilter'),
    ],
    [
      'a network policy of somebody else',
      /only the deployers/,
      policy('networking.k8s.io/v1', 'NetworkPolicy', { podSelector: {} }),
    ],
    [
      'a route of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1', 'VirtualService', { hosts: ['web'] }),
    ],
    [
      'a destination of somebody else',
      /only the deployers/,
      policy('networking.istio.io/v1', 'DestinationRule', { host: 'web' }),
    ],
    ['a route of the Gateway API by somebody else', /only the deployers/, HTTP_ROUTE],
    ['a grant to routes elsewhere by somebody else', /only the deployers/, GRANT],
    [
      'an Ingress of somebody else',
      /only the deployers/,
      policy('networking.k8s.io/v1', 'Ingress', WEB_HOST),
    ],
  ]),
  { what: 'a route of the Gateway API by a deployer', object: HTTP_ROUTE, user: DEPLOYER },
  { what: 'a grant to routes elsewhere by a deployer', object: GRANT, user: DEPLOYER },
  {
    what: 'an Ingress of a deployer',
    object: policy('networking.k8s.io/v1', 'Ingress', WEB_HOST),
    user: DEPLOYER,
  },
  {
    what: 'a policy that somebody else takes away',
    object: POLICY,
    operation: 'DELETE',
    refusedBy: 'foreign-policy',
    because: /only the deployers/,
  },
];
