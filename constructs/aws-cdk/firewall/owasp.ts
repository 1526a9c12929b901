import type { FirewallRuleName } from './managed-groups.js';

/** One risk of the OWASP top 10, what the firewall does against it, and what else in the platform does. */
export interface OwaspRisk {
  /** Its name in the list of 2021; absent if that list had none of its own. */
  readonly name2021?: string;
  /** Its name in the list of 2025. */
  readonly name2025: string;
  /** The rules that act against it; empty where a firewall can do nothing. */
  readonly rules: readonly FirewallRuleName[];
  /** Where the platform acts besides, in words. */
  readonly platform: string;
}

/**
 * The OWASP top 10 of 2021 and of 2025 against the rules of `WebFirewall`. A firewall recognises patterns in a
 * request: for half of the risks it does nothing, and the table says so.
 * Source: owasp.org/Top10/2021 and owasp.org/Top10/2025.
 */
export const OWASP: readonly OwaspRisk[] = [
  {
    name2021: 'A01 Broken Access Control',
    name2025: 'A01 Broken Access Control',
    rules: ['ztp-common'],
    platform: 'the access policy at every point: default deny, canonical paths, audience per service',
  },
  {
    name2021: 'A10 Server-Side Request Forgery',
    name2025: 'A01 Broken Access Control',
    rules: ['ztp-common'],
    platform: 'security groups leave a workload only its permitted peers',
  },
  {
    name2021: 'A05 Security Misconfiguration',
    name2025: 'A02 Security Misconfiguration',
    rules: ['ztp-known-bad-inputs', 'ztp-common'],
    platform: 'checks at synthesis',
  },
  {
    name2021: 'A06 Vulnerable and Outdated Components',
    name2025: 'A03 Software Supply Chain Failures',
    rules: ['ztp-known-bad-inputs'],
    platform: 'images by digest, bundles made from a pinned lockfile',
  },
  {
    name2021: 'A02 Cryptographic Failures',
    name2025: 'A04 Cryptographic Failures',
    rules: [],
    platform: 'TLS policy on every listener, mutual TLS between services, encryption of every store',
  },
  {
    name2021: 'A03 Injection',
    name2025: 'A05 Injection',
    rules: ['ztp-sql-injection', 'ztp-common', 'ztp-known-bad-inputs', 'ztp-body-size'],
    platform: 'the canonical grammar refuses a path with control characters, quotes or a second spelling',
  },
  {
    name2021: 'A04 Insecure Design',
    name2025: 'A06 Insecure Design',
    rules: ['ztp-rate-by-address', 'ztp-anti-ddos'],
    platform: 'limits of rate, body and time at the edge, the gateway and every sidecar',
  },
  {
    name2021: 'A07 Identification and Authentication Failures',
    name2025: 'A07 Authentication Failures',
    rules: ['ztp-ip-reputation', 'ztp-rate-by-address', 'ztp-bot-control'],
    platform: 'tokens verified at every point, step-up, short tokens, rotation of refresh tokens',
  },
  {
    name2021: 'A08 Software and Data Integrity Failures',
    name2025: 'A08 Software or Data Integrity Failures',
    rules: ['ztp-known-bad-inputs'],
    platform: 'pipelines with pinned subject and audience, hashes of configurations',
  },
  {
    name2021: 'A09 Security Logging and Monitoring Failures',
    name2025: 'A09 Security Logging and Alerting Failures',
    rules: [],
    platform: 'the decision log of every point, alarms, the log of the firewall itself',
  },
  {
    name2025: 'A10 Mishandling of Exceptional Conditions',
    rules: ['ztp-body-size'],
    platform: 'a decision that cannot be made admits nobody (503)',
  },
];
