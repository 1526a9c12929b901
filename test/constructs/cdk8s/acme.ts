import { App, Testing } from 'cdk8s';
import { allow, anyone, defineZeroTrust, http, workload, type ZeroTrustModel } from 'zero-trust-platform';
import { ZeroTrustPlatform, type ZeroTrustPlatformProps } from 'zero-trust-platform/cdk8s';
import type { KubernetesObject } from '../../../lib/kubernetes/index.js';
export const DIGEST = `@sha256:${'0'.repeat(64)}`;
/** The least that the guard wants. */
export const guard = {
  deployers: { groups: ['platform-team'] },
  proxyImage: `registry.example/proxyv2${DIGEST}`,
  images: { gateway: [] },
};

/** A row of services, each called by the one before it. */
export function model(count: number): ZeroTrustModel {
  const name = (index: number) => `s${index}`;
  return defineZeroTrust({
    trustDomain: 'acme.example',
    environment: 'dev',
    authority: { namespace: 'acme' },
    services: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        name(index),
        index === 0 ? http({ host: 'www.acme.example' }) : http(),
      ]),
    ),
    access: Array.from({ length: count }, (_, index) =>
      index === 0
        ? allow(anyone()).to(name(0), 'GET /')
        : allow(workload(name(index - 1))).to(name(index), 'GET /'),
    ),
  } as unknown as ZeroTrustModel);
}

export function objectsOf({ charts }: ZeroTrustPlatform): KubernetesObject[] {
  return charts.flatMap((chart) => Testing.synth(chart) as KubernetesObject[]);
}

export const platformOf = (props: Partial<ZeroTrustPlatformProps> = {}, scope = new App()) =>
  new ZeroTrustPlatform(scope, 'acme', { model: model(3), guard, ...props });
