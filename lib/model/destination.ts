/** A destination taken apart. */
export interface ParsedDestination {
  /** In lower case. */
  readonly host: string;
  readonly port: number;
}

/** The port that a URL of this scheme leaves out. */
const HTTPS = 443;
/** Below it are the ports of other protocols, some of which answer to the first line of any. */
const FIRST_UNPRIVILEGED = 1024;

const LABEL = '[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?';
/** The one form in which a URL has an address of IPv4, however it was written. */
const IPV4 = /^[0-9.]+$/;
const DNS_NAME = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)*${LABEL}$`);

/**
 * Names that mean this machine or this network: RFC 6761 and 6762, RFC 8375, ICANN's `.internal`, and
 * what resolvers and clusters add to a name without a dot.
 */
const LOCAL = /(?:^|\.)(?:localhost|local|localdomain|internal|intranet|lan|corp|home|arpa|svc|onion)$/;

/**
 * Take a destination apart; a string is the code of what is wrong with it. One spelling only, so that
 * what is compared as text is what is called.
 */
export function parseDestination(text: string): ParsedDestination | string {
  if (!text.startsWith('https://')) return 'insecure-url';
  if (text.includes('*')) return 'destination-wildcard';
  if (!/^[!-~]+$/.test(text) || !URL.canParse(text)) return 'invalid-destination';
  const url = new URL(text);
  if (url.hostname.startsWith('[') || IPV4.test(url.hostname)) return 'destination-address';
  const rest = text.slice('https://'.length);
  if (/[/?#@\\]/.test(rest)) return 'invalid-destination';
  if (rest !== url.host || !DNS_NAME.test(url.hostname)) return 'invalid-destination';
  if (!url.hostname.includes('.') || LOCAL.test(url.hostname)) return 'destination-local';
  const port = url.port === '' ? HTTPS : Number(url.port);
  if (port < FIRST_UNPRIVILEGED && port !== HTTPS) return 'destination-port';
  return { host: url.hostname, port };
}

/** A destination that has been checked. Throws `RangeError` otherwise. */
export function destinationOf(text: string): ParsedDestination {
  const parsed = parseDestination(text);
  if (typeof parsed === 'string') throw new RangeError(`${text}: ${parsed}`);
  return parsed;
}

/** How the destination is named in `Host`. */
export function authorityOfDestination({ host, port }: ParsedDestination): string {
  return port === HTTPS ? host : `${host}:${port}`;
}
