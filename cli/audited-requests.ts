/** What a line of the decision log says about audit, and of which request. */
export interface AuditedLine {
  readonly point?: string;
  readonly requestId?: string;
  readonly traceparent?: string;
  readonly service?: string;
  readonly destination?: string;
  readonly method?: string;
  readonly path?: string;
  readonly decision?: string;
  readonly rule?: string;
  readonly wouldRefuse?: string;
  readonly wouldAllow?: string;
}

/** How many requests each rule in audit would have changed, if all of them had been enforced. */
export interface AuditCounts {
  readonly wouldRefuse: ReadonlyMap<string, number>;
  readonly wouldAllow: ReadonlyMap<string, number>;
  /** Lines with something in audit that nothing joins with those of other points: each counts as one. */
  readonly unjoined: number;
}

/** Requests whose lines are waited for; the lines of one are near one another. */
const MAX_OPEN = 100_000;

/** One request at one service. */
interface Crossing {
  readonly lines: AuditedLine[];
  /** By which its further lines find it. */
  readonly keys: Set<string>;
}

/** The lines of a log as requests: one that crosses two points is one. */
export class AuditedRequests {
  readonly #open = new Set<Crossing>();
  readonly #byKey = new Map<string, Crossing>();
  readonly #wouldRefuse = new Map<string, number>();
  readonly #wouldAllow = new Map<string, number>();
  #unjoined = 0;

  add(line: AuditedLine): void {
    const keys = [requestKey(line), traceKey(line)].flatMap((key) => key ?? []);
    if (keys.length === 0) {
      if (isMarked(line)) this.#unjoined += 1;
      this.#count([line]);
      return;
    }
    const known = keys.map((key) => this.#byKey.get(key)).find((one) => one && belongs(line, one));
    const crossing = known ?? { lines: [], keys: new Set() };
    crossing.lines.push(line);
    for (const key of keys) {
      crossing.keys.add(key);
      this.#byKey.set(key, crossing);
    }
    this.#open.add(crossing);
    const [oldest] = this.#open;
    if (this.#open.size > MAX_OPEN && oldest) this.#close(oldest);
  }

  /** After the last line. */
  counts(): AuditCounts {
    for (const crossing of [...this.#open]) this.#close(crossing);
    return { wouldRefuse: this.#wouldRefuse, wouldAllow: this.#wouldAllow, unjoined: this.#unjoined };
  }

  #close(crossing: Crossing): void {
    this.#count(crossing.lines);
    this.#open.delete(crossing);
    for (const key of crossing.keys) if (this.#byKey.get(key) === crossing) this.#byKey.delete(key);
  }

  #count(lines: readonly AuditedLine[]): void {
    const refusals = new Set(lines.flatMap(({ wouldRefuse }) => wouldRefuse ?? []));
    const refused = lines.filter(({ decision }) => decision !== 'allow');
    if (refused.length === 0) {
      for (const rule of refusals) increment(this.#wouldRefuse, rule);
    } else if (refusals.size === 0 && refused.every((line) => isLifted(line))) {
      for (const rule of new Set(refused.map(({ wouldAllow }) => wouldAllow!)))
        increment(this.#wouldAllow, rule);
    }
  }
}

/** What a line says would have become of its request there: by which rule; nothing if the same. */
export function auditedText({ decision, rule, wouldRefuse, wouldAllow }: AuditedLine): {
  readonly what: string;
  readonly by: string;
}[] {
  if (decision === 'allow') {
    return wouldRefuse === undefined ? [] : [{ what: 'would have refused it', by: wouldRefuse }];
  }
  if (rule !== undefined || wouldAllow === undefined) return [];
  return wouldRefuse === undefined
    ? [{ what: 'would have admitted it', by: wouldAllow }]
    : [{ what: `would have refused it all the same, though ${wouldAllow} allows it`, by: wouldRefuse }];
}

/** Whether what refuses there is that nothing allows it, and an allow in audit would. */
function isLifted({ rule, wouldAllow }: AuditedLine): boolean {
  return rule === undefined && wouldAllow !== undefined;
}

function isMarked({ wouldRefuse, wouldAllow }: AuditedLine): boolean {
  return wouldRefuse !== undefined || wouldAllow !== undefined;
}

/**
 * A second line of one point is of another request: who calls chooses the headers, and may send the same again. So are
 * two ids, whatever the trace.
 */
function belongs(line: AuditedLine, { lines }: Crossing): boolean {
  const [own, ids] = [idOf(line), lines.flatMap((one) => idOf(one) ?? [])];
  return (
    lines.every(({ point }) => point !== line.point) && (own === undefined || ids.every((id) => id === own))
  );
}

/** The id that every point keeps. That of the authorizer is of API Gateway, which the points behind do not get. */
function idOf({ point, requestId }: AuditedLine): string | undefined {
  return point === AUTHORIZER ? undefined : requestId;
}

const AUTHORIZER = 'authorizer';

/** An application may pass an id on to the next service. */
function requestKey(line: AuditedLine): string | undefined {
  const { service, destination } = line;
  const id = idOf(line);
  return id === undefined ? undefined : JSON.stringify([id, service, destination]);
}

/** A trace is of more than one request. */
function traceKey({ traceparent, service, destination, method, path }: AuditedLine): string | undefined {
  if (traceparent === undefined) return undefined;
  return JSON.stringify([traceparent, service, destination, method, path]);
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
