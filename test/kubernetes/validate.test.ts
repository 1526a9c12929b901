import type { KubernetesObject } from '../../lib/kubernetes/index.js';
import { problemsOf } from './validate.js';

// The judge of the other tests, judged: what the API server refuses (measured on 1.36.3), it refuses.

const object = (apiVersion: string, kind: string, spec: unknown, name = 'it'): KubernetesObject => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'shop' },
  spec,
});
const authorization = (spec: unknown) => object('security.istio.io/v1', 'AuthorizationPolicy', spec);
const bundle = (sources: unknown) =>
  object('trust.cert-manager.io/v1alpha1', 'Bundle', { sources, target: { configMap: { key: 'ca' } } });
const selector = { matchLabels: { app: 'web' } };

test.each([
  ['an allow-nothing', authorization({})],
  [
    'a rule',
    authorization({ selector, rules: [{ from: [{ source: { principals: ['td/ns/shop/sa/web'] } }] }] }),
  ],
  ['a bundle of one source', bundle([{ secret: { name: 'root', key: 'ca.crt' } }])],
])('%s passes', (_what, given) => {
  expect(problemsOf(given)).toEqual([]);
});

test.each<[string, KubernetesObject, RegExp]>([
  ['an unknown field', authorization({ rule: [] }), /additional properties.*rule/],
  ['an unknown field inside', authorization({ rules: [{ form: [] }] }), /additional properties.*form/],
  [
    'an unknown field of the metadata',
    { ...authorization({}), metadata: { name: 'it', lables: {} } as never },
    /lables/,
  ],
  ['another type', authorization({ rules: {} }), /must be array/],
  ['a value that is none of the list', authorization({ action: 'PERMIT' }), /allowed values/],
  [
    'a selector beside a target',
    authorization({ selector, targetRefs: [{ kind: 'Service', name: 'web' }] }),
    /only one of/i,
  ],
  [
    'accounts beside principals',
    authorization({ rules: [{ from: [{ source: { principals: ['a'], serviceAccounts: ['b/c'] } }] }] }),
    /serviceAccounts|principals/i,
  ],
  [
    'both jwks and jwksUri',
    object('security.istio.io/v1', 'RequestAuthentication', {
      jwtRules: [{ issuer: 'x', jwks: '{}', jwksUri: 'https://x.example' }],
    }),
    /only one of/i,
  ],
  [
    'an address of another scheme',
    object('security.istio.io/v1', 'RequestAuthentication', {
      jwtRules: [{ issuer: 'x', jwksUri: 'ftp://x.example' }],
    }),
    /scheme/i,
  ],
  [
    'ports without a selector',
    object('security.istio.io/v1', 'PeerAuthentication', { portLevelMtls: { '80': { mode: 'STRICT' } } }),
    /portLevelMtls/,
  ],
  [
    'a bundle of two sources in one',
    bundle([{ secret: { name: 'a', key: 'b' }, useDefaultCAs: true }]),
    /exactly one|== 1/i,
  ],
  [
    'an algorithm that nobody has',
    object('cert-manager.io/v1', 'Certificate', {
      secretName: 'it',
      issuerRef: { name: 'it' },
      privateKey: { algorithm: 'DSA' },
    }),
    /allowed values/,
  ],
  [
    'a certificate without an issuer',
    object('cert-manager.io/v1', 'Certificate', { secretName: 'it' }),
    /issuerRef/,
  ],
  ['a kind without a schema', object('example.com/v1', 'Thing', {}), /no schema/],
])('%s is refused', (_what, given, problem) => {
  expect(problemsOf(given).join('\n')).toMatch(problem);
});
