import type { Diagnostic } from '../lib/diagnostic.js';
import { TAIL } from '../local/child.js';
import type { PlatformEvent } from '../local/events.js';
import { type ReadyFile, shellWord } from '../local/ready-file.js';
import type { SampleRequest } from '../local/sample-request.js';
import { decisionLine } from './decision-line.js';
import { formatError, formatFinding } from './error.js';
import { commandLines, styled, table, wrap } from './text.js';

/** What `ztp dev` shows. With `json` the standard output holds the decision log alone. */
export class DevScreen {
  /** What a part printed last, with nothing of another in between: it can be seen, and need not be said again. */
  #lastSaid: { readonly part: string; readonly lines: readonly string[] } | undefined;

  constructor(readonly log: 'text' | 'json') {}

  line(text: string): void {
    this.#lastSaid = undefined;
    const stream = this.log === 'json' ? process.stderr : process.stdout;
    stream.write(`${text}\n`);
  }

  show(event: PlatformEvent): void {
    switch (event.kind) {
      case 'decision':
        if (this.log === 'json') process.stdout.write(`${event.line}\n`);
        else this.line(decisionLine(nameOf(event.point), event.line));
        return;
      case 'tunnel':
        return;
      case 'ready': {
        const seconds = (event.milliseconds / 1000).toFixed(2);
        this.line(wrap(`${event.detail}  ${seconds} s`, `  ${nameOf(event.part).padEnd(24)} `));
        return;
      }
      case 'output': {
        const text = said(event.part, event.line);
        if (text === undefined) return;
        const lines = [...this.#saidBy(event.part), event.line].slice(-TAIL);
        this.line(`${styled('dim', `[${nameOf(event.part)}]`)} ${text}`);
        this.#lastSaid = { part: event.part, lines };
        return;
      }
      case 'crashed': {
        const { exit, part } = event;
        const tail = this.#unseen(part, exit.tail);
        this.line(
          styled('red', wrap(`${nameOf(part)} ended with ${exit.signal ?? exit.code}: ${event.next}`)),
        );
        for (const line of tail) this.line(`  ${line}`);
        return;
      }
      case 'restarted':
        this.line(`${nameOf(event.part)} is up again`);
        return;
      case 'applied':
        this.line(appliedLine(event));
        return;
      case 'rejected':
        this.line(styled('red', wrap(`The edit is not in force (${event.what}); the last good one stays:`)));
        this.line(formatError(event.error));
        return;
      case 'diagnostics':
        for (const diagnostic of event.diagnostics) this.line(formatFinding(diagnostic));
        return;
    }
  }

  #saidBy(part: string): readonly string[] {
    return this.#lastSaid?.part === part ? this.#lastSaid.lines : [];
  }

  /** The last lines of a part that ended, unless they are right above. */
  #unseen(part: string, tail: readonly string[]): string[] {
    if (this.#saidBy(part).slice(-tail.length).join('\n') === tail.join('\n')) return [];
    return tail.flatMap((line) => said(part, line) ?? []);
  }

  /** Everything is up: what a person does first. */
  ready(ready: ReadyFile, sample: SampleRequest | undefined): void {
    const { gateway, services, state } = ready;
    const { port } = new URL(gateway.url);
    this.line('');
    this.line(`Gateway   ${styled('bold', gateway.url)}`);
    this.line(table(Object.entries(gateway.hosts).map(([name, host]) => [name, `https://${host}:${port}`])));
    const inner = Object.keys(services).filter((name) => !Object.hasOwn(gateway.hosts, name));
    if (inner.length > 0) this.line(wrap(inner.join(', '), 'Only for other services: ', '  '));
    const outside = Object.values(ready.egress?.authorities ?? {});
    if (outside.length > 0) this.line(wrap(outside.join(', '), 'May be called outside: ', '  '));
    this.line(`State     ${state}`);
    this.line('');
    const commands = tryCommands(ready, sample);
    if (commands.length > 0) this.line(['Try', ...commands, ''].join('\n'));
    this.line('These are processes of one user on one machine: that none reads the keys of');
    this.line('another or goes past its sidecar is a convention here, not a boundary.');
    this.line('Edits of the model apply while this runs. Ctrl-C stops everything.');
    this.line('');
  }
}

/** Commands to paste: a request that is admitted, then a token of each issuer that has someone to give one to. */
export function tryCommands(
  { gateway, tokens, services }: ReadyFile,
  sample: SampleRequest | undefined,
): string[] {
  const examples = Object.entries(tokens).filter(([, { example }]) => !example.includes('=NAME'));
  const others = examples.filter(([issuer]) => issuer !== sample?.caller?.issuer);
  const first = sample === undefined ? [] : requestCommands(gateway, tokens, sample);
  return [
    ...first,
    ...others.map(([, { example }]) => commandLines(partsOf(example))),
    ...Object.values(services).flatMap(browserCommand),
  ];
}

/** A browser with a profile of its own, which finds the hosts of a sign-in here and no other host anywhere. */
function browserCommand({ authority, signIn }: ReadyFile['services'][string]): string[] {
  if (!signIn) return [];
  const rules = Object.entries(signIn).map(([host, place]) => `MAP ${host} ${place}`);
  return [
    commandLines([
      'chromium --user-data-dir="$(mktemp -d)"',
      // The authority of this run is in no browser's list.
      '--ignore-certificate-errors',
      // One argument on several lines: the shell joins them within the quotation marks.
      `--host-resolver-rules="${[...rules, 'MAP * ~NOTFOUND'].join(', \\\n    ')}"`,
      `https://${authority}/`,
    ]),
  ];
}

function requestCommands(
  { url, ca, hosts }: ReadyFile['gateway'],
  tokens: ReadyFile['tokens'],
  { service, path, caller }: SampleRequest,
): string[] {
  const { hostname, port } = new URL(url);
  const host = hosts[service] ?? '';
  const example = caller && tokens[caller.issuer]?.example;
  const request = [
    `curl --cacert ${shellWord(ca)}`,
    `--resolve ${host}:${port}:${hostname}`,
    ...(example === undefined ? [] : ['-H "authorization: Bearer $TOKEN"']),
    `https://${host}:${port}${path}`,
  ];
  if (example === undefined) return [commandLines(request)];
  const token = [...partsOf(`TOKEN=$(${example}`), `| ${ACCESS_TOKEN})`];
  return [commandLines(token), commandLines(request)];
}

/** The token in the answer of a token endpoint: base64url and dots need no more than this. */
const ACCESS_TOKEN = `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'`;

/** A command in parts, each option with its value. */
function partsOf(command: string): string[] {
  return command.split(/ (?=-{1,2}[a-z]+ |https:)/);
}

/** `orders` for `services/orders/sidecar`: people know a sidecar by its service. */
function nameOf(part: string): string {
  return part.replace(/^services\/(.*)\/sidecar$/, '$1').replace(/^application\/(.*)$/, '$1 (application)');
}

/** Parts that print one JSON object a line. */
const OWN_PARTS = ['authority', 'identity'];

/** What a part says, if a person wants to know it. */
function said(part: string, line: string): string | undefined {
  if (!OWN_PARTS.includes(part)) return line;
  let message: Readonly<Record<string, unknown>>;
  try {
    message = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return line;
  }
  const { event, time: _, ...fields } = message;
  // That the part is up says it, and its first certificates.
  if (event === 'ready' || (event === 'issued' && fields['reason'] === 'missing')) return undefined;
  if (event === 'issued')
    return `renewed ${nameOf(String(fields['owner']))}, until ${String(fields['notAfter'])}`;
  const { diagnostics } = fields;
  if (Array.isArray(diagnostics)) {
    return [`${String(event)}:`, ...(diagnostics as Diagnostic[]).map(formatFinding)].join('\n');
  }
  return [
    String(event),
    ...Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ].join(' ');
}

function appliedLine({
  what,
  reloaded,
  restarted,
  removed,
  milliseconds,
}: Extract<PlatformEvent, { kind: 'applied' }>): string {
  const rules = reloaded.filter((part) => !OWN_PARTS.includes(part)).map(nameOf);
  const started = restarted.map(nameOf);
  const parts = [
    ...(rules.length > 0 ? [`new rules at ${rules.join(', ')}`] : []),
    ...(started.length > 0 ? [`started ${started.join(', ')}`] : []),
    ...(removed.length > 0 ? [`ended ${removed.map(nameOf).join(', ')}`] : []),
  ];
  if (parts.length === 0)
    return what === 'model' ? 'The edit changes nothing.' : 'The revocations change nothing.';
  const subject = what === 'model' ? 'The edit is' : 'The revocations are';
  return styled(
    'green',
    wrap(`${subject} in force after ${(milliseconds / 1000).toFixed(2)} s: ${parts.join('; ')}`),
  );
}
