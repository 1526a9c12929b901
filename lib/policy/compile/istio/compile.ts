import { DECIDING_RULE } from '../../../point/decision-headers.js';
import type { AccessRule, Policy, ServicePolicy } from '../../policy.js';
import { NO_REVOCATIONS, type RevocationDocument } from '../../revocation.js';
import { compileConnections } from './connection.js';
import { delegationOf, hasDate, isNetwork, speaksWithoutToken } from './delegation.js';
import { operations } from './path.js';
import type {
  ConnectedFrom,
  IstioCondition,
  IstioOperation,
  IstioPolicies,
  IstioRule,
  IstioSource,
} from './rule.js';
import { outside, principalOf, rule, within } from './rule.js';

export interface IstioOptions {
  /** The port by which a request is known: a sidecar's is the application's, a waypoint's that of the Service. */
  readonly port: number;
  /** By what Istio knows from where a caller connects. @default 'source.ip' */
  readonly connectedFrom?: ConnectedFrom;
  /** Whether a decision service is asked about what Istio cannot be told. Without one nothing with a token passes. */
  readonly asksDecisions: boolean;
  /** @default nothing is revoked */
  readonly revocations?: RevocationDocument;
}

/** Whatever it says: an empty header is no less a bad token. */
const CARRIES_TOKEN: IstioCondition = { key: 'request.headers[authorization]', values: ['*'] };
const CARRIES_NONE: IstioCondition = { key: 'request.headers[authorization]', notValues: ['*'] };
/** Only the decision service's answer sets it: a client's own is dropped before. */
const IS_ADMITTED: IstioCondition = { key: `request.headers[${DECIDING_RULE}]`, values: ['*'] };

/**
 * The policies of one service's sidecar in Istio, or of its waypoint; of a TCP service as `compileConnections` says. Exact
 * behind the canonical filter and with the decision service: what
 * carries no token is decided by Istio itself wherever `decide` looks at nothing but who calls, from where, and what for.
 */
export function compileIstio(policy: Policy, name: string, options: IstioOptions): IstioPolicies {
  const service = policy.services[name]!;
  const { entries } = options.revocations ?? NO_REVOCATIONS;
  if (service.protocol === 'tcp') return compileConnections(name, service, { ...options, entries });
  const own = new Compiler(policy, service, options);
  const delegation = delegationOf(name, service, entries);
  const enforced = service.rules.filter((rule) => !hasDate(rule));
  // What is closed or withdrawn for some time opens nothing by itself, asked or not.
  const isOpen = ({ id }: AccessRule) =>
    !delegation.whole && !entries.some((entry) => entry.kind === 'rule' && entry.rule === id);
  const allows = enforced.filter(
    (rule) => rule.effect === 'allow' && speaksWithoutToken(rule) && isOpen(rule),
  );
  const denies = enforced.filter(({ effect }) => effect === 'deny');
  const native = {
    deny: denies.flatMap((rule) => own.deny(rule)),
    allow: allows.flatMap((rule) => own.allow(rule)),
  };
  if (!options.asksDecisions) return { custom: [], ...native };
  const left = own.left(delegation);
  return {
    custom: left,
    deny: native.deny,
    // The same requests again, so that nobody who only writes the header passes where nothing was asked.
    allow: [...native.allow, ...left.map((rule) => own.admitted(rule))],
  };
}

class Compiler {
  readonly #gateways: readonly string[];
  readonly #here: Pick<IstioOperation, 'ports'>;
  readonly #hosts: Pick<IstioOperation, 'hosts'>;
  readonly #connectedFrom: ConnectedFrom;

  constructor(
    policy: Policy,
    { authority, aliases = [] }: ServicePolicy,
    { port, connectedFrom }: IstioOptions,
  ) {
    this.#gateways = policy.gateways.map(principalOf);
    this.#here = { ports: [String(port)] };
    this.#connectedFrom = connectedFrom ?? 'source.ip';
    // Istio compares the port that a client sends, too; behind the canonical filter it is digits.
    this.#hosts = { hosts: [authority, ...aliases].flatMap((host) => [host, `${host}:*`]) };
  }

  /** Whom the rule admits without a token. Anyone means through a gateway, where the client's address was judged. */
  allow({ principals, conditions, operations: list }: AccessRule): IstioRule[] {
    const workloads = principals.flatMap((principal) =>
      principal.kind === 'workload' && !principal.forUser ? [principalOf(principal.spiffeId)] : [],
    );
    const isPublic = principals.some(({ kind }) => kind === 'anyone');
    const networks = conditions.filter(isNetwork).map((network) => within(network, this.#connectedFrom));
    const to = this.#to(list, this.#hosts);
    return [
      ...(isPublic ? [rule({ principals: this.#gateways }, to, [CARRIES_NONE])] : []),
      ...(workloads.length > 0 ? [rule({ principals: workloads }, to, [CARRIES_NONE, ...networks])] : []),
    ];
  }

  /** Whom the rule refuses, one part for each way in which `unless` fails. Whoever carries a token and might be spared is left out. */
  deny({ principals, conditions, operations: list }: AccessRule): IstioRule[] {
    const workloads = principals.flatMap((principal) =>
      principal.kind === 'workload' ? [principalOf(principal.spiffeId)] : [],
    );
    const isEverybody = principals.some(({ kind }) => kind === 'anyone');
    if (!isEverybody && workloads.length === 0) return [];
    const who: IstioSource | undefined = isEverybody ? undefined : { principals: workloads };
    const to = this.#to(list);
    if (conditions.length === 0) return [rule(who, to, [])];
    // Of what is about a token nothing holds without one.
    if (!conditions.every(isNetwork)) return [rule(who, to, [CARRIES_NONE])];
    const strangers = who ?? { notPrincipals: this.#gateways };
    return conditions
      .filter(isNetwork)
      .map((network) => rule(strangers, to, [outside(network, this.#connectedFrom)]));
  }

  /** What the decision service is asked about, whatever host it names. */
  left({
    whole,
    operations: list,
  }: {
    readonly whole: boolean;
    readonly operations: readonly string[];
  }): IstioRule[] {
    const anything = [{ operation: this.#here }];
    if (whole) return [{ to: anything }];
    return [{ to: anything, when: [CARRIES_TOKEN] }, ...(list.length > 0 ? [{ to: this.#to(list) }] : [])];
  }

  /** What was left to the decision service, and admitted by it for this very service. */
  admitted({ to = [], when = [] }: IstioRule): IstioRule {
    return {
      to: to.map(({ operation }) => ({ operation: { ...this.#hosts, ...operation } })),
      when: [...when, IS_ADMITTED],
    };
  }

  #to(list: readonly string[], more: Pick<IstioOperation, 'hosts'> = {}): { operation: IstioOperation }[] {
    return operations(list).map((operation) => ({ operation: { ...more, ...operation, ...this.#here } }));
  }
}
