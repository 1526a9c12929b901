import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { type Plan, resolve, type ZeroTrustModel } from 'zero-trust-platform';
import {
  DecisionService,
  MeshAuthorization,
  MeshCertificates,
  MeshEgress,
  MeshIngress,
  MeshNamespace,
  MeshNetworkPolicies,
  MeshPrerequisites,
  MeshVisibility,
  WorkloadGuard,
  ZeroTrustPlatform,
  type ZeroTrustPlatformProps,
} from 'zero-trust-platform/cdk8s';
import { everything, row } from './cdk8s/models.js';
import type { Benchmark, Case } from './harness.js';

interface Recorded {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

type Options = Omit<ZeroTrustPlatformProps, 'model'>;

const digest = `sha256:${'0'.repeat(64)}`;
const common = {
  guard: {
    deployers: { groups: ['platform-team'] },
    proxyImage: `registry.example/proxyv2@${digest}`,
  },
  network: { monitoring: { namespace: 'monitoring', selector: { app: 'prometheus' } } },
} satisfies Options;

/** Without tokens nobody but Istio has to decide. Users come through a gateway that is there. */
const withoutTokens: Options = {
  ...common,
  ingressGateway: { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } },
};

/** Every part is made. */
const whole: Options = {
  ...common,
  ingress: { issuer: { name: 'mesh' } },
  decisionService: {
    image: `registry.example/decision@${digest}`,
    apiServer: { networks: ['10.20.0.10/32'], port: 6443 },
  },
  egress: { image: `registry.example/envoy@${digest}` },
  certificates: {
    issuer: { name: 'mesh' },
    roots: [{ kind: 'ConfigMap', name: 'mesh-root', key: 'ca.crt' }],
    gatewayIssuer: { name: 'public' },
    driverIssuer: { name: 'mesh-pods' },
  },
};

export const benchmark: Benchmark = {
  name: 'cdk8s',
  description:
    'manifests of services that call one another, without tokens and with everything, beside a replay of the same objects as bare ApiObjects',
  cases: [
    ...[10, 100, 1000].map((services) => () => caseOf('', row(services), withoutTokens)),
    ...[100, 300, 1000].map((services) => () => caseOf('everything: ', everything(services), whole)),
  ],
};

function caseOf(title: string, model: ZeroTrustModel, options: Options): Case {
  const plan = resolve(model, { engine: 'kubernetes' });
  const recorded = platform(new App(), model, options).charts.map(
    (chart) => Testing.synth(chart) as Recorded[],
  );
  const repeated = (once: (app: App) => void) => (iterations: number) => {
    for (let done = 0; done < iterations; done += 1) {
      const app = new App();
      once(app);
      app.synthYaml();
    }
  };
  return {
    size: `${title}${Object.keys(model.services).length} services, ${recorded.flat().length} objects`,
    subjects: [
      { name: 'ApiObject replay', run: repeated((app) => replay(app, recorded)) },
      { name: 'parts of a plan', run: repeated((app) => parts(app, plan, options)) },
      // With the checks of the model, and the plan that is made of it.
      { name: 'platform', run: repeated((app) => void platform(app, model, options)) },
    ],
  };
}

function platform(app: App, model: ZeroTrustModel, options: Options): ZeroTrustPlatform {
  return new ZeroTrustPlatform(app, 'acme', { model, ...options });
}

/** What the platform makes, of a plan that is there. */
function parts(app: App, plan: Plan, { guard, network, certificates, ...workloads }: Options): void {
  const chart = (name: string) => new Chart(app, name);
  const { decisionService, egress, ingress } = workloads;
  const common = { plan, ...workloads };
  const signed = certificates && { certificates };
  new MeshNamespace(chart('namespace'), 'part', common);
  new MeshPrerequisites(chart('prerequisites'), 'part', { ...common, ...signed });
  if (certificates) new MeshCertificates(chart('certificates'), 'part', { plan, ...certificates });
  new MeshNetworkPolicies(chart('network'), 'part', { ...common, ...network });
  new MeshAuthorization(chart('mesh'), 'part', common);
  if (decisionService) new DecisionService(chart('decision'), 'part', common);
  if (egress) new MeshEgress(chart('egress'), 'part', common);
  if (ingress) new MeshIngress(chart('ingress'), 'part', { ...common, ingress });
  new MeshVisibility(chart('visibility'), 'part', { plan });
  new WorkloadGuard(chart('guard'), 'part', { ...common, ...signed, ...guard });
}

function replay(app: App, charts: readonly (readonly Recorded[])[]): void {
  for (const [index, objects] of charts.entries()) {
    const chart = new Chart(app, `chart-${index}`);
    // The same name may be in two namespaces.
    for (const [at, object] of objects.entries()) new ApiObject(chart, `${object.kind}-${at}`, object);
  }
}
