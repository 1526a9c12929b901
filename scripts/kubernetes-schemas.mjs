// Writes test/kubernetes/schemas.json: the schemas by which the API server judges the kinds that are emitted, CEL rules
// included, from the Go modules that publish them (Apache-2.0). Needs Go; `npm test` reads only what it wrote.
// With --definitions it prints the CustomResourceDefinitions of those kinds as JSON instead.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

/** Modules at their versions; `test/engines/kubernetes/go.mod` and `test/engines/envoy-gateway` have the same. */
const modules = {
  'istio.io/istio@v0.0.0-20260827124520-eed52ebb66ad': {
    folder: 'manifests/charts/base/files',
    kinds: [
      'security.istio.io/v1 AuthorizationPolicy',
      'security.istio.io/v1 PeerAuthentication',
      'security.istio.io/v1 RequestAuthentication',
      'networking.istio.io/v1alpha3 EnvoyFilter',
      'networking.istio.io/v1 DestinationRule',
      'networking.istio.io/v1 ServiceEntry',
      'networking.istio.io/v1 Sidecar',
      'networking.istio.io/v1 VirtualService',
      'telemetry.istio.io/v1 Telemetry',
    ],
  },
  'github.com/cert-manager/cert-manager@v1.21.2': {
    folder: 'deploy/crds',
    kinds: ['cert-manager.io/v1 Certificate', 'cert-manager.io/v1 CertificateRequest'],
  },
  'github.com/cert-manager/trust-manager@v0.25.0': {
    folder: 'deploy/crds',
    kinds: ['trust.cert-manager.io/v1alpha1 Bundle'],
  },
  'sigs.k8s.io/gateway-api@v1.6.1': {
    folder: 'config/crd/standard',
    kinds: [
      'gateway.networking.k8s.io/v1 BackendTLSPolicy',
      'gateway.networking.k8s.io/v1 GRPCRoute',
      'gateway.networking.k8s.io/v1 Gateway',
      'gateway.networking.k8s.io/v1 HTTPRoute',
      'gateway.networking.k8s.io/v1beta1 ReferenceGrant',
    ],
  },
  'github.com/envoyproxy/gateway@v1.9.1': {
    folder: 'charts/gateway-helm/charts/crds/crds/generated',
    // Whole pods, and ways in which nothing is emitted: they are most of it. In what is committed they are unknown.
    without: [
      ...[
        'affinity',
        'env',
        'envoyDaemonSet',
        'initContainers',
        'topologySpreadConstraints',
        'volumeMounts',
        'volumes',
      ],
      ...[
        'apiKeyAuth',
        'backendSettings',
        'basicAuth',
        'geoIP',
        'healthCheck',
        'jwt',
        'oidc',
        'tracing',
        'metrics',
      ],
      ...[
        'als',
        'openTelemetry',
        'lua',
        'wasm',
        'faultInjection',
        'responseOverride',
        'compression',
        'compressor',
      ],
    ],
    kinds: [
      'gateway.envoyproxy.io/v1alpha1 BackendTrafficPolicy',
      'gateway.envoyproxy.io/v1alpha1 ClientTrafficPolicy',
      'gateway.envoyproxy.io/v1alpha1 EnvoyPatchPolicy',
      'gateway.envoyproxy.io/v1alpha1 EnvoyProxy',
      'gateway.envoyproxy.io/v1alpha1 HTTPRouteFilter',
      'gateway.envoyproxy.io/v1alpha1 SecurityPolicy',
    ],
  },
  'github.com/prometheus-operator/prometheus-operator@v0.85.0': {
    folder: 'example/prometheus-operator-crd',
    kinds: ['monitoring.coreos.com/v1 PrometheusRule'],
  },
};

/** The API server's own kinds, as kubectl-validate has them of Kubernetes 1.32: group version → kinds. */
const builtins = {
  module: 'sigs.k8s.io/kubectl-validate@v0.0.5-0.20250915070809-d2f2d68fba09',
  folder: 'pkg/openapiclient/builtins/1.32',
  kinds: {
    'api/v1': ['ConfigMap', 'Namespace', 'Service', 'ServiceAccount'],
    'apis/admissionregistration.k8s.io/v1': ['ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding'],
    'apis/apps/v1': ['Deployment'],
    'apis/networking.k8s.io/v1': ['NetworkPolicy'],
    'apis/policy/v1': ['PodDisruptionBudget'],
    'apis/rbac.authorization.k8s.io/v1': ['Role', 'RoleBinding'],
  },
};

const kept = new Set([
  'additionalProperties',
  'allOf',
  'anyOf',
  'const',
  'enum',
  'exclusiveMaximum',
  'exclusiveMinimum',
  'format',
  'items',
  'maxItems',
  'maxLength',
  'maxProperties',
  'maximum',
  'minItems',
  'minLength',
  'minProperties',
  'minimum',
  'multipleOf',
  'not',
  'nullable',
  'oneOf',
  'pattern',
  'properties',
  'required',
  'type',
  'uniqueItems',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-list-type',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
]);

const work = mkdtempSync(join(tmpdir(), 'kubernetes-schemas-'));
try {
  writeFileSync(join(work, 'go.mod'), 'module schemas\n\ngo 1.26\n');
  const found = Object.entries(modules).map(([module, { folder, kinds, without = [] }]) =>
    definitions(join(download(module), folder), kinds, without),
  );
  if (process.argv.includes('--definitions'))
    console.log(JSON.stringify(found.flatMap(({ documents }) => documents)));
  else writeSchemas(Object.assign({}, ...found.map(({ schemas }) => schemas)));
} finally {
  rmSync(work, { recursive: true });
}

function download(module) {
  const output = execFileSync('go', ['mod', 'download', '-json', module], { cwd: work, encoding: 'utf8' });
  return JSON.parse(output).Dir;
}

function writeSchemas(custom) {
  const schemas = { ...custom, ...builtinKinds(join(download(builtins.module), builtins.folder)) };
  const sorted = Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1));
  const file = fileURLToPath(new URL('../test/kubernetes/schemas.json', import.meta.url));
  // A line for each kind: a change is seen, and the file stays small.
  const lines = sorted.map(([key, schema]) => `${JSON.stringify(key)}:${JSON.stringify(schema)}`);
  writeFileSync(file, `{\n${lines.join(',\n')}\n}\n`);
}

function definitions(folder, kinds, without) {
  const schemas = {};
  const documents = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.yaml'))) {
    for (const each of parseAllDocuments(readFileSync(join(folder, name), 'utf8'))) {
      const document = each.toJS() ?? {};
      const { kind, spec } = document;
      if (kind !== 'CustomResourceDefinition') continue;
      for (const { name: version, schema } of spec.versions) {
        const key = `${spec.group}/${version} ${spec.names.kind}`;
        if (!kinds.includes(key)) continue;
        schemas[key] = pruned(left(schema.openAPIV3Schema, without));
        documents.push(document);
      }
    }
  }
  const missing = kinds.filter((key) => !(key in schemas));
  if (missing.length > 0) throw new Error(`no schema of ${missing.join(', ')}`);
  return { schemas, documents };
}

/** A schema without the properties of these names. */
function left(schema, names) {
  if (Array.isArray(schema)) return schema.map((item) => left(item, names));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === 'properties'
        ? Object.fromEntries(
            Object.entries(value)
              .filter(([name]) => !names.includes(name))
              .map(([name, child]) => [name, left(child, names)]),
          )
        : left(value, names),
    ]),
  );
}

/** Each with the definitions that it refers to, in place. */
function builtinKinds(folder) {
  const found = {};
  for (const [path, kinds] of Object.entries(builtins.kinds)) {
    const { components } = JSON.parse(readFileSync(join(folder, `${path}.json`), 'utf8'));
    const { schemas } = components;
    const version = path.replace(/^apis?\//, '');
    for (const kind of kinds) {
      const [, schema] = Object.entries(schemas).find(([, { 'x-kubernetes-group-version-kind': is }]) =>
        is?.some(
          (each) => each.kind === kind && `${each.group}/${each.version}`.replace(/^\//, '') === version,
        ),
      );
      found[`${version} ${kind}`] = pruned(inPlace(schema, schemas));
    }
  }
  return found;
}

function inPlace(schema, schemas) {
  if (Array.isArray(schema)) return schema.map((item) => inPlace(item, schemas));
  if (typeof schema !== 'object' || schema === null) return schema;
  const { $ref, allOf, ...own } = schema;
  if ($ref) return inPlace(schemas[$ref.split('/').at(-1)], schemas);
  // What is a reference with a default is written as a list of one.
  const only = allOf?.length === 1 ? inPlace(allOf[0], schemas) : {};
  return {
    ...only,
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [key, inPlace(value, schemas)])),
  };
}

/** Without what only people read, and without what the server writes itself. */
function pruned(schema, isRoot = true) {
  if (typeof schema !== 'object' || schema === null) return schema;
  const own = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') {
      const entries = Object.entries(value).filter(([name]) => !isRoot || name !== 'status');
      own.properties = Object.fromEntries(entries.map(([name, each]) => [name, pruned(each, false)]));
    } else if (key === 'items' || key === 'not' || key === 'additionalProperties')
      own[key] = pruned(value, false);
    else if (key === 'allOf' || key === 'anyOf' || key === 'oneOf')
      own[key] = value.map((each) => pruned(each, false));
    else if (key === 'x-kubernetes-validations')
      own[key] = value.map(({ rule, message }) => ({ rule, ...(message && { message }) }));
    else if (kept.has(key)) own[key] = value;
  }
  return own;
}
