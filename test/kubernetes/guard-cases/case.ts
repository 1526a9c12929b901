import type { KubernetesObject } from '../../../lib/kubernetes/index.js';

/** A request to the API server, and which guard refuses it. */
export interface GuardCase {
  readonly what: string;
  readonly object: KubernetesObject;
  /** Absent if every guard lets it pass. */
  readonly refusedBy?: string;
  /** What the answer says. */
  readonly because?: RegExp;
  /** Only of a platform whose gateway is in its own namespace. */
  readonly withGateway?: true;
  /** Only of a platform with a gateway that is made; in its namespace or the platform's own. */
  readonly withIngress?: true;
  readonly user?: string;
  readonly groups?: readonly string[];
  /** What else the API server knows of the user. */
  readonly extra?: Readonly<Record<string, readonly string[]>>;
  readonly operation?: 'CREATE' | 'UPDATE' | 'DELETE';
  /** The deletion of all objects of the kind, of which this is one: such a request has no name. */
  readonly isOfAll?: true;
  /** What of the object is written. @default all of it */
  readonly subresource?: 'status' | 'binding' | 'token' | 'finalize';
  /** What is there before an update. @default the same */
  readonly before?: KubernetesObject;
}

export const DEPLOYER = 'system:serviceaccount:flux-system:shop-deployer';

export const DIGEST = `@sha256:${'0'.repeat(64)}`;

export const PROXY = `registry.example/proxyv2${DIGEST}`;

export const DECISION = `registry.example/decision${DIGEST}`;

/** What the decision service may be. */
export const IMAGES = [DECISION, 'registry.example/tools/*'];

/** Who is on duty. */
export const REVOKERS = { groups: ['on-duty'] };

export const APP = `registry.example/app${DIGEST}`;

/** The same as in `examples/cdk8s`. */
export const EGRESS_IMAGE = `registry.shop.example/envoy@sha256:${'2'.repeat(64)}`;

export type Fields = Readonly<Record<string, unknown>>;

export type Labels = Readonly<Record<string, string>>;

export function refused(
  refusedBy: string,
  cases: readonly (readonly [what: string, because: RegExp, object: KubernetesObject, user?: string])[],
): GuardCase[] {
  return cases.map(([what, because, object, user]) => ({
    what,
    object,
    refusedBy,
    because,
    ...(user && { user }),
  }));
}

export function atIngress(
  refusedBy: string,
  because: RegExp,
  cases: readonly (readonly [what: string, object: KubernetesObject])[],
): GuardCase[] {
  return cases.map(([what, object]) => ({ what, object, refusedBy, because, withIngress: true }));
}
