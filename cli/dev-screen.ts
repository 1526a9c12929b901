import { formatDiagnostic, ZeroTrustError } from '../lib/diagnostic.js';
import type { PlatformEvent } from '../local/events.js';
import type { ReadyFile } from '../local/ready-file.js';
import { decisionLine } from './decision-line.js';
import { formatError } from './error.js';
import { styled, table } from './text.js';

/** What `ztp dev` shows. With `json` the standard output holds the decision log alone. */
export class DevScreen {
  constructor(readonly log: 'text' | 'json') {}

  line(text: string): void {
    const stream = this.log === 'json' ? process.stderr : process.stdout;
    stream.write(`${text}\n`);
  }

  show(event: PlatformEvent): void {
    switch (event.kind) {
      case 'decision':
        if (this.log === 'json') process.stdout.write(`${event.line}\n`);
        else this.line(decisionLine(nameOf(event.point), event.line));
        return;
      case 'ready': {
        const seconds = (event.milliseconds / 1000).toFixed(2);
        this.line(`  ${nameOf(event.part).padEnd(24)} ${event.detail}  ${styled('dim', `${seconds} s`)}`);
        return;
      }
      case 'output': {
        const text = OWN_PARTS.includes(event.part) ? partLine(event.line) : event.line;
        if (text !== undefined) this.line(`${styled('dim', `[${nameOf(event.part)}]`)} ${text}`);
        return;
      }
      case 'crashed': {
        const { exit, part } = event;
        this.line(styled('red', `${nameOf(part)} ended with ${exit.signal ?? exit.code}: ${event.next}`));
        for (const line of exit.tail) this.line(`  ${line}`);
        return;
      }
      case 'restarted':
        this.line(`${nameOf(event.part)} is up again`);
        return;
      case 'applied':
        this.line(appliedLine(event));
        return;
      case 'rejected':
        this.line(styled('red', `The edit is not in force (${event.what}); the last good one stays:`));
        this.line(event.error instanceof ZeroTrustError ? formatError(event.error) : String(event.error));
        return;
      case 'diagnostics':
        for (const diagnostic of event.diagnostics) this.line(formatDiagnostic(diagnostic));
        return;
    }
  }

  /** Everything is up: what a person does first. */
  ready({ gateway, services, state, tokens }: ReadyFile): void {
    const { hostname, port } = new URL(gateway.url);
    const [first = 'localhost'] = Object.values(gateway.hosts);
    this.line('');
    this.line(`Gateway   ${styled('bold', gateway.url)}`);
    this.line(table(Object.entries(gateway.hosts).map(([name, host]) => [name, `https://${host}:${port}`])));
    const inner = Object.keys(services).filter((name) => !Object.hasOwn(gateway.hosts, name));
    if (inner.length > 0) this.line(`Only for other services: ${inner.join(', ')}`);
    this.line(`State     ${state}`);
    this.line('');
    this.line('Try');
    this.line(
      `  curl --cacert ${gateway.ca} --resolve ${first}:${port}:${hostname} https://${first}:${port}/`,
    );
    for (const { example } of Object.values(tokens)) this.line(`  ${example}`);
    this.line('');
    this.line('These are processes of one user on one machine: that none reads the keys of');
    this.line('another or goes past its sidecar is a convention here, not a boundary.');
    this.line('Edits of the model apply while this runs. Ctrl-C stops everything.');
    this.line('');
  }
}

/** `orders` for `services/orders/sidecar`: people know a sidecar by its service. */
function nameOf(part: string): string {
  return part.replace(/^services\/(.*)\/sidecar$/, '$1').replace(/^application\/(.*)$/, '$1 (application)');
}

/** Parts that print one JSON object a line. */
const OWN_PARTS = ['authority', 'identity'];

/** What such a part says, if a person wants to know it. */
function partLine(line: string): string | undefined {
  let said: Readonly<Record<string, unknown>>;
  try {
    said = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return line;
  }
  const { event, time: _, ...fields } = said;
  // The first certificates of every part: that the part is up says it.
  if (event === 'issued' && fields['reason'] === 'missing') return undefined;
  if (event === 'issued')
    return `renewed ${nameOf(String(fields['owner']))}, until ${String(fields['notAfter'])}`;
  return [
    String(event),
    ...Object.entries(fields).map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  ].join(' ');
}

function appliedLine({
  what,
  reloaded,
  restarted,
  milliseconds,
}: Extract<PlatformEvent, { kind: 'applied' }>): string {
  const rules = reloaded.filter((part) => !OWN_PARTS.includes(part)).map(nameOf);
  const started = restarted.map(nameOf);
  const parts = [
    ...(rules.length > 0 ? [`new rules at ${rules.join(', ')}`] : []),
    ...(started.length > 0 ? [`started ${started.join(', ')}`] : []),
  ];
  if (parts.length === 0)
    return what === 'model' ? 'The edit changes nothing.' : 'The revocations change nothing.';
  const subject = what === 'model' ? 'The edit is' : 'The revocations are';
  return styled(
    'green',
    `${subject} in force after ${(milliseconds / 1000).toFixed(2)} s: ${parts.join('; ')}`,
  );
}
