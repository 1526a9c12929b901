import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CurlRequest } from './curl.js';
import { parseConnection } from '../lib/insight/connection.js';
import type { Engine } from '../lib/model/service.js';
import type { Json } from '../lib/policy/request.js';
import { engineOption, parseAddress, parseDuration, parseInstant, parseList } from './options.js';

/** Everything that `ztp explain` can be told about a request. */
export interface ExplainOptions {
  readonly engine: Engine;
  readonly request: RequestText;
  readonly as?: As;
  readonly anonymous?: boolean;
  readonly tokenFile?: string;
  readonly onBehalfOf?: string;
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly scope?: readonly string[];
  readonly claim?: Readonly<Record<string, Json>>;
  readonly mfa?: boolean;
  readonly signedIn?: number;
  readonly bound?: boolean;
  readonly proven?: boolean;
  readonly certificate?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly from: string;
  readonly at?: 'gateway' | 'sidecar';
  readonly time?: number;
  readonly json?: boolean;
  /** The request is that of a curl command; its token is in the headers. */
  readonly curl?: CurlRequest;
}

/** `GET https://orders.example/orders/17`, taken apart and not changed. */
export interface RequestText {
  readonly method: string;
  readonly authority: string;
  readonly path: string;
}

/** `user:people`, `workload:web`, `pipeline:deploy`. */
export interface As {
  readonly kind: 'user' | 'workload' | 'pipeline';
  readonly name: string;
}

/** What is asked about: one request, or those of a log. */
interface Asked {
  readonly request?: RequestText;
  readonly curl?: string;
  readonly line?: string;
  readonly log?: string;
}

type Unread = Omit<ExplainOptions, 'request' | 'curl'> & Asked;

/** What describes a caller, who is in a curl command or a line already. */
const DESCRIBED = ['as', 'anonymous', 'tokenFile', 'header', 'certificate'];

/** An address that is in no network (RFC 5737), so that no rule on networks holds unless one is said. */
const NOWHERE = '192.0.2.1';

export function configure(command: Command): void {
  command
    .description(
      'Show what each enforcement point on the way of a request decides, why, and what\nwould have been needed. The same decision function that every point is made from.',
    )
    .argument('<model>', 'model file')
    .argument('[curl...]', 'behind --: the request as a curl command, `-- curl -H … https://…`')
    .option('--request <text>', "method and URL: 'GET https://orders.example/orders/17'", parseRequest)
    .addOption(
      new Option('--curl <command>', 'the same as one text, as a browser copies it').conflicts([
        'request',
        ...DESCRIBED.filter((option) => option !== 'as' && option !== 'anonymous'),
      ]),
    )
    .addOption(
      new Option('--line <json>', 'the request that a line of the decision log is about').conflicts([
        'request',
        'curl',
        ...DESCRIBED,
      ]),
    )
    .addOption(
      new Option('--log <file>', 'in place of a request: every decision of a decision log').conflicts(
        'request',
      ),
    )
    .addOption(
      new Option('--as <who>', 'user:PROVIDER, workload:SERVICE or pipeline:NAME')
        .argParser(parseAs)
        .conflicts(['anonymous', 'tokenFile']),
    )
    .addOption(new Option('--anonymous', 'without a token (the default)').conflicts('tokenFile'))
    .option(
      '--token-file <file>',
      'the claims of a token as JSON, or a token; its signature is taken as valid',
    )
    .option('--on-behalf-of <user>', 'with a workload: user:PROVIDER, whose token it carries', parseUser)
    .option('--subject <name>', 'sub of the token')
    .option('--groups <a,b>', 'groups of the user', parseList)
    .option('--scope <a,b>', 'scopes of the token', parseList)
    .option(
      '--claim <name=value>',
      'a further claim, repeatable; the value is JSON, or else a string',
      addClaim,
    )
    .option('--mfa', 'signed in with more than one factor')
    .option('--signed-in <ago>', 'time since the sign-in: 90s, 15m, 2h', parseDuration)
    .option('--bound', 'the token is bound to the certificate that the client shows')
    .option('--proven', 'the token is bound to a key, and comes with a good DPoP proof by it')
    .option('--certificate <thumbprint>', 'the client shows a certificate: base64url SHA-256')
    .option('--header <name: value>', 'a further header, repeatable', addHeader)
    .option('--from <address>', 'address of the caller', parseAddress, NOWHERE)
    .addOption(new Option('--at <point>', 'only this point').choices(['gateway', 'sidecar']))
    .option('--time <instant>', 'judge as at this time (default: now)', parseInstant)
    .addOption(engineOption())
    .option('--json', 'print { request, outcome, points } as JSON')
    .addHelpText(
      'after',
      `
Only what is said is in the token: without --mfa there was one factor.

Examples:
  ztp explain model.ts --request 'GET https://orders.shop.example/orders/17' \\
      --as user:people --groups staff --mfa --signed-in 5m
  ztp explain model.ts --request 'POST https://orders.shop.example/orders' \\
      --token-file claims.json --from 10.0.0.1
  ztp explain model.ts --as workload:web \\
      --request 'GET https://orders.shop.example/orders/17'
  ztp explain model.ts --as workload:orders --request tcp://ledger
  ztp explain model.ts -- curl -H "authorization: Bearer $TOKEN" \\
      https://orders.shop.example/orders/17
  ztp explain model.ts --log decisions.log

The token of a curl command is read and not shown; its signature counts as
valid, and so does the DPoP proof that comes with it. A line of the log has no
claims: those that its rule needs are assumed, and said.

Exits with 0 whatever the points decide.`,
    )
    .action(async (path: string, words: readonly string[], { curl, line, ...options }: Unread) => {
      if (options.log !== undefined) {
        const { explainLog } = await import('./explain-log.js');
        const write = (text: string) => void process.stdout.write(text);
        return explainLog(path, { engine: options.engine, log: options.log }, write);
      }
      const { explainModel } = await import('./explain-model.js');
      if (line !== undefined) {
        const { explainLine } = await import('./explain-line.js');
        process.stdout.write(await explainLine(path, line, options));
        return;
      }
      if (curl !== undefined || words.length > 0) {
        const { curlWords, readCurl } = await import('./curl.js');
        const request = readCurl(curl === undefined ? words : curlWords(curl));
        process.stdout.write(await explainModel(path, { ...options, request, curl: request }));
        return;
      }
      // Not a required option: that would be said before a misspelt one.
      const { request } = options;
      if (!request)
        command.error("error: --request 'METHOD https://host/path' is missing", { code: 'missing-option' });
      process.stdout.write(await explainModel(path, { ...options, request }));
    });
}

function parseRequest(text: string): RequestText {
  const connection = parseConnection(text);
  if (connection) return connection;
  const match = /^([^\s]+) https:\/\/([^/?#]*)(.*)$/s.exec(text);
  if (!match)
    throw new InvalidArgumentError("A request is 'METHOD https://host/path', a connection 'tcp://service'.");
  const [, method = '', authority = '', path = ''] = match;
  return { method, authority, path: path === '' ? '/' : path };
}

function parseAs(text: string): As {
  const match = /^(user|workload|pipeline):(.+)$/s.exec(text);
  if (!match) throw new InvalidArgumentError('It is user:PROVIDER, workload:SERVICE or pipeline:NAME.');
  return { kind: match[1] as As['kind'], name: match[2] ?? '' };
}

function parseUser(text: string): string {
  const { kind, name } = parseAs(text);
  if (kind !== 'user') throw new InvalidArgumentError('It is user:PROVIDER.');
  return name;
}

function addClaim(text: string, claims: Readonly<Record<string, Json>> = {}): Record<string, Json> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('A claim is name=value.');
  return { ...claims, [text.slice(0, at)]: jsonOr(text.slice(at + 1)) };
}

function jsonOr(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

function addHeader(
  text: string,
  headers: readonly (readonly [string, string])[] = [],
): readonly (readonly [string, string])[] {
  const at = text.indexOf(':');
  if (at < 1) throw new InvalidArgumentError('A header is name: value.');
  const name = text.slice(0, at).trim().toLowerCase();
  if (name === 'authorization')
    throw new InvalidArgumentError('Tokens are described by --as or --token-file.');
  return [...headers, [name, text.slice(at + 1).trim()]];
}
