import { ApiObject, App, Chart, Testing } from 'cdk8s';
import { allow, anyone, http, type Plan, resolve, workload, type ZeroTrustModel } from 'zero-trust-platform';
import {
  MeshAuthorization,
  MeshNamespace,
  MeshNetworkPolicies,
  MeshPrerequisites,
  MeshVisibility,
  WorkloadGuard,
  ZeroTrustPlatform,
} from 'zero-trust-platform/cdk8s';
import type { Benchmark } from './harness.js';

interface Recorded {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

export const benchmark: Benchmark = {
  name: 'cdk8s',
  description:
    'manifests of services that call one another, beside a replay of the same objects as bare ApiObjects',
  cases: [10, 100, 1000].map((services) => () => {
    const model = row(services);
    const plan = resolve(model, { engine: 'kubernetes' });
    const recorded = platform(new App(), model).charts.map((chart) => Testing.synth(chart) as Recorded[]);
    const repeated = (once: (app: App) => void) => (iterations: number) => {
      for (let done = 0; done < iterations; done += 1) {
        const app = new App();
        once(app);
        app.synthYaml();
      }
    };
    return {
      size: `${services} services, ${recorded.flat().length} objects`,
      subjects: [
        { name: 'ApiObject replay', run: repeated((app) => replay(app, recorded)) },
        { name: 'parts of a plan', run: repeated((app) => parts(app, plan)) },
        // With the checks of the model, and the plan that is made of it.
        { name: 'platform', run: repeated((app) => void platform(app, model)) },
      ],
    };
  }),
};

const guard = {
  deployers: { groups: ['platform-team'] },
  proxyImage: `registry.example/proxyv2@sha256:${'0'.repeat(64)}`,
};
const ingressGateway = { namespace: 'edge', serviceAccount: 'edge', selector: { app: 'edge' } };
const monitoring = { namespace: 'monitoring', selector: { app: 'prometheus' } };

/** Each is called by the one before it, and the first by users. */
function row(count: number): ZeroTrustModel {
  const name = (index: number) => `s${index}`;
  const indices = Array.from({ length: count }, (_, index) => index);
  return {
    trustDomain: 'acme.example',
    environment: 'dev',
    authority: { namespace: 'acme' },
    services: Object.fromEntries(
      indices.map((index) => [name(index), index === 0 ? http({ host: 'www.acme.example' }) : http()]),
    ),
    access: indices.map((index) =>
      (index === 0 ? allow(anyone()) : allow(workload(name(index - 1)))).to(name(index), 'GET /'),
    ),
  };
}

function platform(app: App, model: ZeroTrustModel): ZeroTrustPlatform {
  return new ZeroTrustPlatform(app, 'acme', { model, guard, ingressGateway, network: { monitoring } });
}

/** What the platform makes, of a plan that is there. */
function parts(app: App, plan: Plan): void {
  const chart = (name: string) => new Chart(app, name);
  new MeshNamespace(chart('namespace'), 'part', { plan });
  new MeshPrerequisites(chart('prerequisites'), 'part', { plan });
  new MeshNetworkPolicies(chart('network'), 'part', { plan, ingressGateway, monitoring });
  new MeshAuthorization(chart('mesh'), 'part', { plan, ingressGateway });
  new MeshVisibility(chart('visibility'), 'part', { plan });
  new WorkloadGuard(chart('guard'), 'part', { plan, ...guard, ingressGateway });
}

function replay(app: App, charts: readonly (readonly Recorded[])[]): void {
  for (const [index, objects] of charts.entries()) {
    const chart = new Chart(app, `chart-${index}`);
    for (const object of objects) new ApiObject(chart, `${object.kind}-${object.metadata.name}`, object);
  }
}
