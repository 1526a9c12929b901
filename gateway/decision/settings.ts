import { isIP } from 'node:net';
import { type LeafPaths, leafPathsIn } from '../../lib/point/leaf-folder.js';

/** Where the decision service listens, and for whom. */
export interface DecisionSettings {
  readonly address: string;
  readonly port: number;
  /** Absent: in clear text, which only a loopback address may be. */
  readonly mutualTls?: MutualTls;
  /** Seconds of the nonces that DPoP proofs must carry. */
  readonly nonceSeconds?: number;
  /** Where it says on 127.0.0.1 how it is. @default it does not */
  readonly healthPort?: number;
  /** Seconds for which it goes on answering after it was told to end. @default 0 */
  readonly drainSeconds?: number;
}

export interface MutualTls {
  /** Its own leaf, which an agent renews. */
  readonly leaf: LeafPaths;
  /** A PEM file with the roots of the trust domain. */
  readonly authorities: string;
  /** The SPIFFE IDs that may ask; nobody else, of the same trust domain neither. */
  readonly peers: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Read the settings from the environment: `ZTP_DECISION_PORT`; `ZTP_DECISION_ADDRESS`, 127.0.0.1 unless
 * set; and for mutual TLS `ZTP_DECISION_LEAF` (a leaf's folder), `ZTP_DECISION_AUTHORITIES` (a file) and
 * `ZTP_DECISION_PEERS` (SPIFFE IDs, separated by commas); `ZTP_DECISION_NONCE_SECONDS` for nonces of DPoP
 * proofs; `ZTP_DECISION_HEALTH_PORT` and `ZTP_DECISION_DRAIN_SECONDS`. Throws if one is missing or malformed.
 */
export function readDecisionSettings(environment: Environment): DecisionSettings {
  const numbers = Object.entries(NUMBERS).flatMap(([member, name]) => {
    const value = environment[`ZTP_DECISION_${name}`];
    if (value === undefined) return [];
    if (!/^[1-9][0-9]{0,4}$/.test(value)) throw invalid(name, 'it is not 1 to 99999');
    return [[member, Number(value)] as const];
  });
  return { ...listener(environment), ...Object.fromEntries(numbers) };
}

const NUMBERS = {
  nonceSeconds: 'NONCE_SECONDS',
  healthPort: 'HEALTH_PORT',
  drainSeconds: 'DRAIN_SECONDS',
} as const satisfies Partial<Record<keyof DecisionSettings, string>>;

function listener(environment: Environment): DecisionSettings {
  const { ZTP_DECISION_ADDRESS: address = '127.0.0.1', ZTP_DECISION_LEAF: leaf } = environment;
  const { ZTP_DECISION_AUTHORITIES: authorities, ZTP_DECISION_PEERS: peers } = environment;
  const port = Number(environment['ZTP_DECISION_PORT']);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('PORT', 'it is not 1 to 65535');
  if (isIP(address) === 0) throw invalid('ADDRESS', 'it is no IP address');
  if (leaf === undefined && authorities === undefined && peers === undefined) {
    if (/^(?:127\.|::1$)/.test(address)) return { address, port };
    throw invalid('LEAF', `${address} is no loopback address, and needs mutual TLS`);
  }
  if (!leaf) throw invalid('LEAF', 'it is not set');
  if (!authorities) throw invalid('AUTHORITIES', 'it is not set');
  const ids = peers?.split(',') ?? [];
  if (ids.length === 0 || !ids.every((id) => /^spiffe:\/\/[^/\s]+\/\S+$/.test(id))) {
    throw invalid('PEERS', 'it is no list of SPIFFE IDs');
  }
  return { address, port, mutualTls: { leaf: leafPathsIn(leaf), authorities, peers: ids } };
}

function invalid(name: string, why: string): Error {
  return new Error(`ZTP_DECISION_${name}: ${why}`);
}
