import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
import { DEPLOYER, type GuardCase, refused } from './case.js';
import { OPEN, POLICY, STANDARD, STRICT, ending, namespace, token } from './object.js';

const ENROLLED = { 'istio-injection': 'enabled', ...STRICT };

const LOOKS_ON: KubernetesObject = {
  ...OPEN,
  metadata: { ...OPEN.metadata, annotations: { 'istio.io/dry-run': 'true' } },
};

/** Of the namespace itself, tokens of its accounts and policies that only look on. */
export const NAMESPACES: readonly GuardCase[] = [
  // enrolment
  { what: 'the namespace as it was made', object: namespace(ENROLLED), operation: 'UPDATE' },
  {
    what: 'the namespace with the newest standard',
    object: namespace({ ...ENROLLED, [STANDARD]: 'latest' }),
    operation: 'UPDATE',
  },
  {
    what: 'the namespace with another revision of the mesh, by a deployer',
    object: namespace({ 'istio.io/rev': 'next', ...STRICT }),
    operation: 'UPDATE',
    user: DEPLOYER,
  },
  {
    what: 'the namespace without Pod Security, by a deployer',
    object: namespace({ 'istio.io/rev': 'next' }),
    operation: 'UPDATE',
    user: DEPLOYER,
    refusedBy: 'enrolment',
    because: /pod-security/,
  },
  ...refused('enrolment', [
    [
      'the namespace with another revision of the mesh, by somebody',
      /istio-injection/,
      namespace({ 'istio.io/rev': 'next', ...STRICT }),
    ],
    [
      'the namespace without injection',
      /istio-injection/,
      namespace({ ...ENROLLED, 'istio-injection': 'disabled' }),
    ],
    ['the namespace without Pod Security', /pod-security/, namespace({ 'istio-injection': 'enabled' })],
    [
      'the namespace with an old standard',
      /enforce-version/,
      namespace({ ...ENROLLED, [STANDARD]: 'v1.20' }),
    ],
  ]).map((each) => ({ ...each, operation: 'UPDATE' as const })),

  ...(['status', 'finalize'] as const).flatMap((subresource) => [
    {
      what: `the namespace with its ${subresource}`,
      object: ending(namespace(ENROLLED)),
      operation: 'UPDATE' as const,
      subresource,
    },
    {
      what: `the namespace without injection, by its ${subresource}`,
      object: ending(namespace({ ...ENROLLED, 'istio-injection': 'disabled' })),
      operation: 'UPDATE' as const,
      subresource,
      refusedBy: 'enrolment',
      because: /istio-injection/,
    },
  ]),

  // account-tokens
  {
    what: 'a token of a workload, by a kubelet',
    object: token('web'),
    subresource: 'token',
    user: 'system:node:one',
    groups: ['system:nodes'],
  },
  ...refused('account-tokens', [
    ['a token of a workload, by somebody', /only kubelets/, token('web')],
    ['a token of a workload, by a deployer', /only kubelets/, token('web'), DEPLOYER],
    ['a token of a workload, by who is called a node', /only kubelets/, token('web'), 'system:node:one'],
    ['a token of an account that is no workload, by somebody', /only kubelets/, token('default')],
  ]).map((each) => ({ ...each, subresource: 'token' as const })),

  // dry-run
  {
    what: 'a policy of a deployer with another annotation',
    object: { ...OPEN, metadata: { ...OPEN.metadata, annotations: { 'acme.example/wave': '1' } } },
    user: DEPLOYER,
  },
  {
    what: 'a policy of a deployer that looks on',
    object: LOOKS_ON,
    user: DEPLOYER,
    refusedBy: 'dry-run',
    because: /istio\.io\/dry-run/,
  },
  {
    what: 'a policy of a deployer that is made to look on',
    object: { ...LOOKS_ON, metadata: { ...LOOKS_ON.metadata, name: 'existing' } },
    before: POLICY,
    operation: 'UPDATE',
    user: DEPLOYER,
    refusedBy: 'dry-run',
  },
];
