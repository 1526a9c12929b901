import { App, Chart, Testing } from 'cdk8s';
import { guard as least, model } from './acme.js';
import * as cdk8s from 'zero-trust-platform/cdk8s';

const digest = `@sha256:${'1'.repeat(64)}`;
const guard = { ...least, images: {} };
const ingress = { issuer: { name: 'mesh' } };
const decisionService = {
  image: `registry.example/decision${digest}`,
  apiServer: { networks: ['10.0.0.1/32'], port: 443 },
};
const workloads = { ingress, decisionService, services: { s1: { port: 8081 } } };
const certificates = {
  issuer: { name: 'mesh' },
  roots: [{ kind: 'Secret', name: 'root', key: 'ca.crt' }],
  gatewayIssuer: { name: 'public' },
  namespace: 'issuing',
} as const;
const network = { monitoring: { namespace: 'monitoring', selector: { app: 'prometheus' } } };
const more = { revision: '1-31', clusterDomain: 'acme.internal' };
const platform = new cdk8s.ZeroTrustPlatform(new App(), 'acme', {
  ...more,
  ...workloads,
  model: model(3),
  guard,
  network,
  certificates,
});
const { plan } = platform;
const { revision, clusterDomain } = more;
const gatewayNamespace = 'acme-ingress';

// As docs/kubernetes/README.md has it, part by part.
const ALONE: Readonly<Record<string, (chart: Chart) => cdk8s.Part>> = {
  namespace: (chart) => new cdk8s.MeshNamespace(chart, 'it', { plan, ...workloads, revision }),
  prerequisites: (chart) =>
    new cdk8s.MeshPrerequisites(chart, 'it', {
      plan,
      revision,
      clusterDomain,
      certificates,
      ingress,
      decisionService,
      proxyImage: guard.proxyImage,
    }),
  certificates: (chart) =>
    new cdk8s.MeshCertificates(chart, 'it', { plan, ...certificates, gatewayNamespace, revision }),
  network: (chart) =>
    new cdk8s.MeshNetworkPolicies(chart, 'it', { plan, ...workloads, ...network, certificates }),
  mesh: (chart) => new cdk8s.MeshAuthorization(chart, 'it', { plan, ...workloads, revision, clusterDomain }),
  decision: (chart) => new cdk8s.DecisionService(chart, 'it', { plan, ...workloads, clusterDomain }),
  ingress: (chart) => new cdk8s.MeshIngress(chart, 'it', { plan, ...workloads }),
  visibility: (chart) =>
    new cdk8s.MeshVisibility(chart, 'it', { plan, certificates, gatewayNamespace, isGatewayMade: true }),
  guard: (chart) =>
    new cdk8s.WorkloadGuard(chart, 'it', { plan, ...workloads, ...guard, certificates, revision }),
};

test.each(platform.charts.map((chart) => [chart.node.id.replace(/^\d+-/, ''), chart] as const))(
  '%s alone is what the platform makes',
  (name, made) => {
    const chart = new Chart(new App(), 'own');
    ALONE[name]!(chart);
    expect(Testing.synth(chart)).toEqual(Testing.synth(made));
  },
);
