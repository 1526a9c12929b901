import type { KubernetesObject } from '../../lib/kubernetes/index.js';

interface PolicySpec {
  readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly ingress?: readonly { readonly ports: readonly { readonly port: number }[] }[];
}

/**
 * What a user has beside the manifests: a Service and a Deployment for each account that has none in them, with the labels
 * and the port of its network policy. A linter that misses them would judge policies of nobody.
 */
export function workloadsBeside(objects: readonly KubernetesObject[]): KubernetesObject[] {
  const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
  const has = (wanted: string, { name }: KubernetesObject['metadata']) =>
    objects.some(({ kind, metadata }) => kind === wanted && metadata.name === name);
  return accounts.flatMap(({ metadata }) => {
    const policy = objects.find(
      (each) => each.kind === 'NetworkPolicy' && each.metadata.name === metadata.name,
    );
    const { podSelector, ingress } = policy!['spec'] as PolicySpec;
    const port = ingress?.[0]?.ports[0]?.port ?? 8080;
    const labels = podSelector.matchLabels;
    const { name, namespace } = metadata;
    const own = { name, ...(namespace !== undefined && { namespace }) };
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: own,
      spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: port }] },
    };
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: own,
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name: 'app',
                image: `registry.shop.example/${name}@sha256:${'0'.repeat(64)}`,
                ports: [{ containerPort: port }],
              },
            ],
          },
        },
      },
    };
    return [
      ...(has('Service', metadata) ? [] : [service]),
      ...(has('Deployment', metadata) ? [] : [deployment]),
    ];
  });
}
