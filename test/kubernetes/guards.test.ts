import shop from '../../examples/shop/egress.js';
import { foreignPolicy } from '../../lib/kubernetes/guards/foreign-policy.js';
import { type Guard, guardsOf } from '../../lib/kubernetes/guards/index.js';
import { resolve } from '../../lib/plan/resolve.js';
import { celValue, evaluateCel } from './cel.js';
import {
  DEPLOYER,
  EGRESS_IMAGE,
  GUARD_CASES,
  type GuardCase,
  IMAGES,
  PROXY,
  REVOKERS,
} from './guard-cases.js';

const plan = resolve({ ...shop, authority: { namespace: 'shop' } }, { engine: 'kubernetes' });
const guards = guardsOf(plan, {
  services: { orders: { selector: { app: 'orders' } } },
  deployers: { users: [DEPLOYER], groups: ['platform'] },
  proxyImage: PROXY,
  revokers: REVOKERS,
  decisionService: { image: IMAGES[0]!, apiServer: { networks: ['10.0.0.1/32'] } },
  images: { gateway: [], decision: IMAGES },
  egress: { image: EGRESS_IMAGE },
});

/** Of the resources of the cases. */
const PLURALS: Readonly<Record<string, string>> = {
  ConfigMap: 'configmaps',
  Pod: 'pods',
  Namespace: 'namespaces',
  AuthorizationPolicy: 'authorizationpolicies',
  PeerAuthentication: 'peerauthentications',
  EnvoyFilter: 'envoyfilters',
  NetworkPolicy: 'networkpolicies',
  VirtualService: 'virtualservices',
  DestinationRule: 'destinationrules',
  Gateway: 'gateways',
  CiliumNetworkPolicy: 'ciliumnetworkpolicies',
};

/** What the API server answers: the messages of what is false, or cannot be evaluated. */
function answers(guard: Guard, given: GuardCase): string[] {
  const { object, operation = 'CREATE', user = 'somebody', groups = [] } = given;
  const [group = ''] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : [];
  const isGuarded = guard.guarded.some(
    ({ apiGroups, resources, operations }) =>
      apiGroups.includes(group) &&
      resources.includes(PLURALS[object.kind]!) &&
      operations.includes(operation),
  );
  if (!isGuarded) return [];
  const known = {
    // A request that deletes brings no object.
    object: operation === 'DELETE' ? null : celValue(object),
    request: { operation, name: object.metadata.name, userInfo: { username: user, groups } },
  };
  if (guard.unless !== undefined && evaluateCel(guard.unless, known) === true) return [];
  const variables: Record<string, unknown> = {};
  for (const [name, expression] of Object.entries(guard.variables ?? {})) {
    variables[name] = evaluateCel(expression, { ...known, variables });
  }
  return guard.validations.flatMap(({ expression, message }) =>
    evaluateCel(expression, { ...known, variables }) === true ? [] : [message],
  );
}

test.each(GUARD_CASES.map((each) => [each.refusedBy ?? 'nobody', each.what, each] as const))(
  '%s refuses: %s',
  (_refusedBy, _what, given) => {
    const found = guards.flatMap((guard) =>
      answers(guard, given).map((message) => [guard.id, message] as const),
    );
    expect(new Set(found.map(([id]) => id))).toEqual(
      new Set(given.refusedBy === undefined ? [] : [given.refusedBy]),
    );
    if (given.because) expect(found[0]![1]).toMatch(given.because);
  },
);

test('without any one rule of any guard some case would pass', () => {
  const idle = guards.flatMap((guard) =>
    guard.validations
      .filter(({ message }) => !GUARD_CASES.some((each) => isOnly(answers(guard, each), message)))
      .map(({ message }) => `${guard.id}: ${message}`),
  );
  expect(idle).toEqual([]);
});

function isOnly(found: readonly string[], message: string): boolean {
  return found.length > 0 && found.every((each) => each === message);
}

test('a kind that is opened is guarded no more, and the others are', () => {
  const resources = foreignPolicy({}, [
    { kind: 'VirtualService', reason: 'teams shift traffic' },
  ]).guarded.flatMap((each) => each.resources);
  expect(resources).not.toContain('virtualservices');
  expect(resources).toEqual(expect.arrayContaining(['destinationrules', 'gateways', 'envoyfilters']));
});
