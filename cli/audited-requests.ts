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
  /** Lines with something in audit that name no request: each counts as one. */
  readonly unjoined: number;
}

/** Requests whose lines are waited for; the lines of one are near one another. */
const MAX_OPEN = 100_000;

/** The lines of a log as requests: one that crosses two points is one. */
export class AuditedRequests {
  readonly #open = new Map<string, AuditedLine[]>();
  readonly #wouldRefuse = new Map<string, number>();
  readonly #wouldAllow = new Map<string, number>();
  #unjoined = 0;

  add(line: AuditedLine): void {
    const key = keyOf(line);
    if (key === undefined) {
      if (isMarked(line)) this.#unjoined += 1;
      this.#count([line]);
      return;
    }
    const known = this.#open.get(key) ?? [];
    // A second line of one point is of another request: who calls chooses the headers, and may send the same again.
    if (known.some(({ point }) => point === line.point)) this.#close(key);
    this.#open.set(key, [...(this.#open.get(key) ?? []), line]);
    const [oldest] = this.#open.keys();
    if (this.#open.size > MAX_OPEN && oldest !== undefined) this.#close(oldest);
  }

  /** After the last line. */
  counts(): AuditCounts {
    for (const key of [...this.#open.keys()]) this.#close(key);
    return { wouldRefuse: this.#wouldRefuse, wouldAllow: this.#wouldAllow, unjoined: this.#unjoined };
  }

  #close(key: string): void {
    this.#count(this.#open.get(key) ?? []);
    this.#open.delete(key);
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

/** The request at one service: an application may pass its id on to the next. */
function keyOf(line: AuditedLine): string | undefined {
  const { requestId, traceparent, service, destination, method, path } = line;
  if (requestId !== undefined) return JSON.stringify([requestId, service, destination]);
  // A trace is of more than one request.
  if (traceparent !== undefined) return JSON.stringify([traceparent, service, destination, method, path]);
  return undefined;
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
