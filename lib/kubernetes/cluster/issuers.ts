import type { Diagnostic } from '../../diagnostic.js';
import type { IssuerReference } from '../certificates.js';
import type { KubernetesObject } from '../object.js';
import { setting } from './settings.js';

const GROUP = 'cert-manager.io';
/** Of every namespace, and of the cluster. */
export const ISSUERS = `issuers.${GROUP},clusterissuers.${GROUP}`;

/** An issuer of cert-manager; one of the whole cluster has no namespace. */
export interface WantedIssuer {
  readonly name: string;
  readonly namespace?: string;
}

interface IssuerStatus {
  readonly conditions?: readonly {
    readonly type?: string;
    readonly status?: string;
    readonly message?: string;
  }[];
}

export function isIssuer({ apiVersion, kind }: KubernetesObject): boolean {
  return ['Issuer', 'ClusterIssuer'].includes(kind) && apiVersion.startsWith(`${GROUP}/`);
}

/**
 * Those that the manifests' Certificates name, and that of csi-driver-spiffe, as cert-manager's approval has it. An issuer of another
 * group is its own controller's to tell of.
 */
export function wantedIssuers(
  objects: readonly KubernetesObject[],
  signerName: string | undefined,
): readonly WantedIssuer[] {
  const named = objects.filter(isCertificate).flatMap(({ metadata, spec }): WantedIssuer[] => {
    const { name, kind = 'Issuer', group = GROUP } = (spec as { issuerRef: IssuerReference }).issuerRef;
    if (group !== GROUP) return [];
    return [kind === 'Issuer' ? { name, namespace: metadata.namespace ?? 'default' } : { name }];
  });
  const [resource, driver] = signerName?.split(`.${GROUP}/`) ?? [];
  const all = [
    ...named,
    ...(resource === 'clusterissuers' && driver !== undefined ? [{ name: driver }] : []),
  ];
  return [...new Map(all.map((each) => [pathOf(each), each])).values()];
}

/** Each that is not there, or cannot sign: what it is asked for stays pending, and nobody says so. */
export function checkIssuers(
  wanted: readonly WantedIssuer[],
  found: readonly KubernetesObject[],
): Diagnostic[] {
  return wanted.flatMap((issuer): Diagnostic[] => {
    const path = pathOf(issuer);
    const same = found.find((each) => pathOf(each.metadata, each.kind) === path);
    if (!same) {
      return [
        {
          ...setting(path, undefined, 'an issuer of cert-manager'),
          message: 'there is no such issuer, and certificates of the manifests wait for it',
          remedy: 'make it, as docs/kubernetes/certificates.md says, or name another one in the options',
        },
      ];
    }
    const { conditions = [] } = (same['status'] ?? {}) as IssuerStatus;
    const ready = conditions.find(({ type }) => type === 'Ready');
    if (ready?.status === 'True') return [];
    return [
      {
        ...setting(`${path}.status`, ready?.message ?? ready?.status ?? 'Unknown', 'Ready: True'),
        message: 'this issuer signs nothing',
        remedy: 'see why: kubectl describe issuers,clusterissuers -A',
      },
    ];
  });
}

function isCertificate({ apiVersion, kind }: KubernetesObject): boolean {
  return kind === 'Certificate' && apiVersion.startsWith(`${GROUP}/`);
}

function pathOf(
  { name, namespace }: WantedIssuer,
  kind = namespace === undefined ? 'ClusterIssuer' : 'Issuer',
): string {
  return kind === 'ClusterIssuer' ? `clusterIssuer.${name}` : `issuer.${namespace}/${name}`;
}
