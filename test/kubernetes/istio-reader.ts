import { isWithin } from '../../lib/policy/condition.js';
import { nonCanonicalPart, pathOf } from '../../lib/policy/canonical.js';
import type { KubernetesObject } from '../../lib/kubernetes/object.js';
import type {
  IstioCondition,
  IstioOperation,
  IstioPolicies,
  IstioRule,
  IstioSource,
} from '../../lib/policy/compile/istio/index.js';
import { headerValue, type Request } from '../../lib/policy/request.js';

interface PolicySpec {
  readonly targetRefs?: readonly { readonly kind: string; readonly name: string }[];
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly action?: 'ALLOW' | 'DENY' | 'CUSTOM';
  readonly rules?: readonly IstioRule[];
}

/** `ask`: somebody else decides, and only then DENY and ALLOW are read. */
export type IstioAnswer = 'nonCanonical' | 'ask' | 'allow' | 'refuse';

/** Who reads the objects: the sidecar of pods with these labels, or a waypoint for a Service. */
export type Reading =
  | { readonly labels: Readonly<Record<string, string>> }
  | { readonly waypoint: string; readonly service: string };

/** A SPIFFE ID of Kubernetes without its scheme. */
const PRINCIPAL = /^[^/]+\/ns\/[^/]+\/sa\/[^/]+$/;

/**
 * Istio's semantics of a sidecar and of a waypoint as far as our objects use them, by its documentation: a quick reading for the search,
 * not the proof, which is Istio's own translation on a real Envoy (`test/engines/istio`).
 */
export class IstioReader {
  constructor(
    private readonly objects: readonly KubernetesObject[],
    private readonly by: Reading,
    private readonly port: number,
  ) {}

  answer(request: Request): IstioAnswer {
    const { method, authority, path, headers } = request;
    if (this.#refusesNonCanonical() && nonCanonicalPart(method, authority, path, headers))
      return 'nonCanonical';
    return this.#matches('CUSTOM', request) ? 'ask' : this.afterwards(request);
  }

  /** What becomes of a request that nobody was asked about, or that was admitted by whoever was. */
  afterwards(request: Request): 'allow' | 'refuse' {
    if (this.#matches('DENY', request)) return 'refuse';
    const isAnyAllow = this.#policies('ALLOW').length > 0;
    return !isAnyAllow || this.#matches('ALLOW', request) ? 'allow' : 'refuse';
  }

  #matches(action: PolicySpec['action'] & string, request: Request): boolean {
    return this.#policies(action).some(({ rules = [] }) => rules.some((rule) => this.#holds(rule, request)));
  }

  #policies(wanted: string): PolicySpec[] {
    return this.objects
      .filter(({ kind }) => kind === 'AuthorizationPolicy')
      .map(({ spec }) => spec as PolicySpec)
      .filter((spec) => (spec.action ?? 'ALLOW') === wanted && this.#isRead(spec));
  }

  /** A waypoint reads what names it, or a Service behind it, and nothing else; a sidecar never reads that. */
  #isRead({ targetRefs, selector }: PolicySpec): boolean {
    const { by } = this;
    if ('labels' in by) {
      const labels = Object.entries(selector?.matchLabels ?? {});
      return !targetRefs && labels.every(([name, value]) => by.labels[name] === value);
    }
    return (targetRefs ?? []).some(
      ({ kind, name }) =>
        (kind === 'Gateway' && name === by.waypoint) || (kind === 'Service' && name === by.service),
    );
  }

  #isFiltered(by: string): boolean {
    return this.objects.some(
      ({ kind, spec }) =>
        kind === 'EnvoyFilter' && this.#isRead(spec as PolicySpec) && JSON.stringify(spec).includes(by),
    );
  }

  #refusesNonCanonical(): boolean {
    return this.#isFiltered('"operation":"INSERT_FIRST"');
  }

  /** To a waypoint a connection has no address of its own; its remote one is what a request says, unless it is told. */
  #addressOf(key: string, { sourceAddress, headers }: Request): string {
    const isWaypoint = 'waypoint' in this.by;
    if (key === 'source.ip' && !isWaypoint) return sourceAddress;
    if (key !== 'remote.ip' || !isWaypoint) throw new Error(`nobody here knows ${key}`);
    return this.#isFiltered('"use_remote_address":true')
      ? sourceAddress
      : (headerValue(headers, 'x-forwarded-for') ?? sourceAddress);
  }

  #holds(rule: IstioRule, request: Request): boolean {
    if (typeof rule !== 'object') throw new Error(`no rule: ${String(rule)}`);
    const { from, to, when = [] } = rule;
    return (
      (!from || from.some(({ source }) => isFrom(source, request))) &&
      (!to || to.some(({ operation }) => this.#isTo(operation, request))) &&
      when.every((condition) => this.#isWhen(condition, request))
    );
  }

  #isWhen({ key, values, notValues }: IstioCondition, request: Request): boolean {
    if (!values && !notValues) throw new Error('a condition without values');
    const header = /^request\.headers\[(.+)\]$/.exec(key)?.[1];
    const holds = (list: readonly string[]) =>
      header === undefined
        ? isWithin(this.#addressOf(key, request), list)
        : list.includes('*') && headerValue(request.headers, header) !== undefined;
    return (!values || holds(values)) && (!notValues || !holds(notValues));
  }

  #isTo({ hosts, methods, paths, ports }: IstioOperation, { authority, method, path }: Request): boolean {
    const host = authority.toLowerCase();
    return (
      ports.includes(String(this.port)) &&
      (!hosts || hosts.some((one) => matchesText(one, host))) &&
      (!methods || methods.includes(method)) &&
      (!paths || paths.some((one) => matchesPath(one, pathOf(path))))
    );
  }
}

/** The sidecar of some pod that reads what is compiled for its service, and nothing else. */
export function sidecarReading(policies: IstioPolicies, port: number): IstioReader {
  const objects = Object.entries(policies).map(
    ([action, rules]: [string, readonly IstioRule[]]): KubernetesObject => ({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: action },
      spec: { action: action.toUpperCase(), rules },
    }),
  );
  return new IstioReader(objects, { labels: {} }, port);
}

function isFrom({ principals = [], notPrincipals = [] }: IstioSource, { peer = '' }: Request): boolean {
  const stranger = [...principals, ...notPrincipals].find((one) => !PRINCIPAL.test(one));
  if (stranger !== undefined) throw new Error(`nobody is called ${stranger}`);
  const principal = peer.replace('spiffe://', '');
  // A list that is empty is none.
  return (principals.length === 0 || principals.includes(principal)) && !notPrincipals.includes(principal);
}

/** `*` is special at either end only. */
function matchesText(pattern: string, text: string): boolean {
  if (pattern.endsWith('*')) return text.startsWith(pattern.slice(0, -1));
  return pattern === text;
}

/** `{*}` is one segment that is not empty, `{**}` as the last one whatever follows the slash. */
export function matchesPath(pattern: string, path: string): boolean {
  if (!pattern.includes('{')) return matchesText(pattern, path);
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  const isOpen = wanted.at(-1) === '{**}';
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return fixed.every((segment, at) => (segment === '{*}' ? given[at] !== '' : segment === given[at]));
}
