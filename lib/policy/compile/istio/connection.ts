import type { AccessRule, ServicePolicy } from '../../policy.js';
import type { Revocation } from '../../revocation.js';
import { hasDate, isNetwork } from './delegation.js';
import { type IstioPolicies, type IstioRule, outside, principalOf, rule, within } from './rule.js';

/** Only sidecars stand before the connections of a service. */
const FROM = 'source.ip';

interface ConnectionOptions {
  /** The port of the application in its pods. */
  readonly port: number;
  readonly entries: readonly Revocation[];
}

/**
 * The policies of a TCP service's sidecar in Istio. Nothing but who connects, from where and to which port is ever
 * written: a field of HTTP would take a rule out of an ALLOW, and widen a DENY to everybody. Nobody can be asked about a
 * connection, so what is closed or withdrawn when the objects are made stays so until they are made anew.
 */
export function compileConnections(
  name: string,
  { rules }: ServicePolicy,
  { port, entries }: ConnectionOptions,
): IstioPolicies {
  const to = [{ operation: { ports: [String(port)] } }];
  const isClosed = entries.some((entry) => entry.kind === 'service' && entry.service === name);
  const isOpen = ({ id }: AccessRule) =>
    !isClosed && !entries.some((entry) => entry.kind === 'rule' && entry.rule === id);
  const enforced = rules.filter((one) => !hasDate(one));
  return {
    custom: [],
    deny: enforced.filter(({ effect }) => effect === 'deny').flatMap((one) => refused(one, to)),
    allow: enforced
      .filter((one) => one.effect === 'allow' && isOpen(one))
      .flatMap((one) => admitted(one, to)),
  };
}

/** A workload with the token of a user is refused with the model (`tcp-principal`): connections carry none. */
function admitted({ principals, conditions }: AccessRule, to: IstioRule['to'] & object): IstioRule[] {
  const workloads = workloadsOf(principals.filter((each) => each.kind !== 'workload' || !each.forUser));
  if (workloads.length === 0 || !conditions.every(isNetwork)) return [];
  return [
    rule(
      { principals: workloads },
      to,
      conditions.filter(isNetwork).map((network) => within(network, FROM)),
    ),
  ];
}

/** One part for each way in which `unless` fails. */
function refused({ principals, conditions }: AccessRule, to: IstioRule['to'] & object): IstioRule[] {
  const isEverybody = principals.some(({ kind }) => kind === 'anyone');
  const workloads = workloadsOf(principals);
  if (!isEverybody && workloads.length === 0) return [];
  const who = isEverybody ? undefined : { principals: workloads };
  // What is about a token never holds.
  if (!conditions.every(isNetwork) || conditions.length === 0) return [rule(who, to, [])];
  return conditions.filter(isNetwork).map((network) => rule(who, to, [outside(network, FROM)]));
}

function workloadsOf(principals: AccessRule['principals']): string[] {
  return principals.flatMap((each) => (each.kind === 'workload' ? [principalOf(each.spiffeId)] : []));
}
