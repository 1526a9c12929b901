import { readFileSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { cliError } from './error.js';
import type { RequestText } from './explain.js';
import { NotPlainWords, shellWords } from './shell-words.js';

/** What a curl command sends, as far as a decision looks at it. */
export interface CurlRequest extends RequestText {
  /** Names in lower case; tokens are among them. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** base64url SHA-256 of the certificate of `--cert`. */
  readonly certificate?: string;
}

/** Options without a value that change nothing here. */
const FLAGS = new Set(
  (
    '-s --silent -S --show-error -v --verbose -i --include -k --insecure -L --location -f --fail --fail-with-body ' +
    '-g --globoff -N --no-buffer -# --progress-bar --compressed --http1.1 --http2 --http2-prior-knowledge ' +
    '-O --remote-name -4 --ipv4 -6 --ipv6 --tlsv1.2 --tlsv1.3 --path-as-is'
  ).split(' '),
);

/** Options with a value that changes nothing here. */
const VALUES = new Set(
  (
    '-o --output -w --write-out -m --max-time --connect-timeout --resolve --connect-to --cacert --capath --key ' +
    '--retry --retry-delay -x --proxy -D --dump-header --cert-type --key-type --interface'
  ).split(' '),
);

const DATA = new Set(
  '-d --data --data-raw --data-ascii --data-binary --data-urlencode -F --form --form-string --json'.split(
    ' ',
  ),
);

/** The words of `curl …` as one text. Throws `curl-unreadable`, which repeats nothing of it. */
export function curlWords(text: string): string[] {
  try {
    return shellWords(text);
  } catch (error) {
    if (!(error instanceof NotPlainWords)) throw error;
    throw unreadable(error.message);
  }
}

/**
 * The request that a curl command sends, byte for byte, by curl's own defaults. Throws `curl-unreadable`
 * for what changes the request and is not understood. No message repeats a value: it may be a token.
 */
export function readCurl([program, ...rest]: readonly string[]): CurlRequest {
  if (program === undefined || !/(?:^|\/)curl(?:\.exe)?$/.test(program)) {
    throw unreadable('it does not begin with curl');
  }
  const words = rest.flatMap(separated);
  const urls: string[] = [];
  const headers: [string, string][] = [];
  let method: string | undefined;
  let certificate: string | undefined;
  const seen = new Set<string>();
  const data: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at]!;
    if (!word.startsWith('-') || word === '-') {
      urls.push(word);
      continue;
    }
    seen.add(word);
    if (FLAGS.has(word) || ['-I', '--head', '-G', '--get'].includes(word)) continue;
    const value = words[(at += 1)];
    if (value === undefined) throw unreadable(`${optionName(word)} has no value, or is not known`);
    if (word === '-X' || word === '--request') method = value;
    else if (word === '-H' || word === '--header') addHeader(headers, value);
    else if (word === '--url') urls.push(value);
    else if (DATA.has(word)) data.push(value);
    else if (word === '-T' || word === '--upload-file') method ??= 'PUT';
    else if (word === '-E' || word === '--cert') certificate = thumbprint(value);
    else if (word === '-A' || word === '--user-agent') headers.push(['user-agent', value]);
    else if (word === '-e' || word === '--referer') headers.push(['referer', value]);
    else if (word === '-b' || word === '--cookie') headers.push(['cookie', value]);
    else if (word === '--oauth2-bearer') headers.push(['authorization', `Bearer ${value}`]);
    else if (word === '-u' || word === '--user') headers.push(['authorization', `Basic ${base64(value)}`]);
    else if (!VALUES.has(word)) throw unreadable(`the option ${optionName(word)} is not known here`);
  }
  if (urls.length !== 1) throw unreadable(urls.length === 0 ? 'it has no URL' : 'it has more than one URL');
  const isGet = seen.has('-G') || seen.has('--get');
  const isHead = seen.has('-I') || seen.has('--head');
  const { authority, path } = targetOf(urls[0]!, {
    isGlob: !seen.has('-g') && !seen.has('--globoff'),
    asIs: seen.has('--path-as-is'),
    query: isGet ? data.join('&') : '',
  });
  const hosts = headers.filter(([name]) => name === 'host');
  return {
    method: method ?? (isHead ? 'HEAD' : data.length > 0 && !isGet ? 'POST' : 'GET'),
    authority: hosts.at(-1)?.[1] ?? authority,
    path,
    headers: headers.filter(([name]) => name !== 'host'),
    ...(certificate !== undefined && { certificate }),
  };
}

/** `--name=value` is no form of curl's; `-XPOST` and `-sk` are. */
function separated(word: string): string[] {
  if (!/^-[A-Za-z#0-9]./.test(word)) return [word];
  const first = word.slice(0, 2);
  if (FLAGS.has(first) || first === '-I' || first === '-G') return [first, ...separated(`-${word.slice(2)}`)];
  return [first, word.slice(2)];
}

/** A long option may have a token stuck to it. */
function optionName(word: string): string {
  return /^--?[a-z0-9.-]{1,24}$/i.test(word) && !/^--?[^=]*=/.test(word) ? word : 'an option';
}

function addHeader(headers: [string, string][], text: string): void {
  if (text.startsWith('@')) throw unreadable('a header from a file is not read: write it');
  const at = text.search(/[:;]/);
  if (at < 1) throw unreadable('a header is not `name: value`');
  const value = text.slice(at + 1).trim();
  // `name:` takes a header away; `name;` sends it empty.
  if (value === '' && text[at] === ':') return;
  headers.push([text.slice(0, at).toLowerCase(), value]);
}

function targetOf(
  text: string,
  { isGlob, asIs, query }: { isGlob: boolean; asIs: boolean; query: string },
): { authority: string; path: string } {
  const match = /^https:\/\/([^/?#]*)([^#]*)/s.exec(text);
  if (!match) throw unreadable('its URL does not begin with https://');
  const [, authority = '', rest = ''] = match;
  if (authority.includes('@')) throw unreadable('its URL has a password in it');
  if (isGlob && /[{}[\]]/.test(text)) throw unreadable('curl would replace {…} and […] in the URL: use -g');
  const mark = rest.indexOf('?');
  const raw = mark < 0 ? rest : rest.slice(0, mark);
  const own = mark < 0 ? '' : rest.slice(mark + 1);
  const all = [own, query].filter((part) => part !== '').join('&');
  const path = (asIs ? raw : withoutDots(raw)) || '/';
  return { authority, path: mark >= 0 || all !== '' ? `${path}?${all}` : path };
}

/** RFC 3986 section 5.2.4, which curl does to a path unless it is told not to. */
function withoutDots(path: string): string {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  for (const [at, segment] of segments.entries()) {
    const isLast = at === segments.length - 1;
    if (segment === '..') out.pop();
    if (segment !== '.' && segment !== '..') out.push(segment);
    else if (isLast) out.push('');
  }
  return path === '' ? '' : `/${out.join('/')}`;
}

function thumbprint(file: string): string {
  try {
    // A password may follow the name.
    const certificate = new X509Certificate(readFileSync(file.replace(/(?<!\\):.*$/s, '')));
    return Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');
  } catch {
    throw unreadable('the certificate of --cert cannot be read as PEM');
  }
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function unreadable(why: string): Error {
  return cliError('curl-unreadable', '--curl', `the curl command cannot be read: ${why}`, {
    expected: "curl -X GET -H 'authorization: Bearer …' https://orders.example/orders/17",
    remedy: 'leave out what the decision does not depend on, or use --request and --as',
  });
}
