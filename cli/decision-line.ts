import { reasonInWords } from './decision-reason.js';
import { styled } from './text.js';

/** A line of the decision log, as far as it is shown. */
interface Decision {
  readonly time?: string;
  readonly decision?: string;
  readonly status?: number;
  readonly method?: string;
  readonly path?: string;
  readonly operation?: string;
  readonly service?: string;
  readonly destination?: string;
  readonly peer?: string;
  readonly subject?: string;
  readonly issuer?: string;
  readonly rule?: string;
  readonly reason?: string;
}

/** A decision for people: `12:03:01.557  gateway  allow 200  GET /orders/1  at orders  ada (people)  staff-read`. */
export function decisionLine(point: string, line: string): string {
  let decision: Decision;
  try {
    decision = JSON.parse(line, (_, value: unknown) =>
      typeof value === 'string' ? printable(value) : value,
    ) as Decision;
  } catch {
    return `[${point}] ${printable(line)}`;
  }
  const { time = '', status = 0, method = '', path = '', rule } = decision;
  const service = decision.service ?? decision.destination;
  const admitted = decision.decision === 'allow';
  const why = rule ?? (admitted ? undefined : reasonInWords(decision));
  return [
    styled('dim', time.slice(11, 23)),
    point.padEnd(10),
    styled(admitted ? 'green' : 'red', `${decision.decision ?? '?'} ${status}`),
    decision.operation === 'tcp' ? 'connection' : `${method} ${path}`,
    ...(service !== undefined && service !== point ? [`at ${service}`] : []),
    ...callers(decision),
    ...(why !== undefined ? [styled('dim', why)] : []),
  ].join('  ');
}

function callers({ subject, issuer, peer }: Decision): string[] {
  const person = subject === undefined || issuer === undefined ? subject : `${subject} (${issuer})`;
  return [
    ...(person !== undefined ? [person] : []),
    ...(peer !== undefined ? [`from ${peer.replace(/^.*\/sa\//, '')}`] : []),
  ];
}

/** A caller chooses much of what is logged; none of it may steer the terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\ufffd');
}
