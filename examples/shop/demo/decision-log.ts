import { reasonInWords } from '../../../cli/decision-reason.js';

/** The fields of a decision log line that the table shows. */
export interface LogLine {
  readonly point: string;
  readonly decision: string;
  readonly reason?: string;
  readonly rule?: string;
  readonly traceparent?: string;
}

/** Milliseconds for the points to write down what they decided. */
const PATIENCE = 5_000;

/** The decisions of all points, by the trace that a request carried. */
export class DecisionLog {
  readonly #lines = new Map<string | undefined, LogLine[]>();
  #partial = '';

  /** Take more of the log's text. */
  read(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('{')) continue;
      const parsed = JSON.parse(line) as LogLine;
      this.#lines.set(parsed.traceparent, [...(this.#lines.get(parsed.traceparent) ?? []), parsed]);
    }
  }

  /** The line of the point that is expected to have answered, once it is written. */
  async at(traceparent: string | undefined, point: string): Promise<LogLine | undefined> {
    const deadline = Date.now() + PATIENCE;
    for (;;) {
      const lines = this.#lines.get(traceparent) ?? [];
      // Of requests without a trace the last is meant, once.
      if (traceparent === undefined) {
        const last = lines.findLastIndex((line) => line.point === point);
        if (last !== -1) return lines.splice(last, 1)[0];
      }
      const found = lines.find((line) => line.point === point);
      const refused = traceparent === undefined ? undefined : lines.find((line) => line.decision !== 'allow');
      if (found ?? refused) return found ?? refused;
      if (Date.now() > deadline) return undefined;
      await new Promise((done) => setTimeout(done, 50));
    }
  }
}

/** Why a point decided so, as `ztp dev` says it; what was expected tells more of a gRPC call than its line. */
export function why(line: LogLine, outcome: string): string {
  return reasonInWords(line, outcome);
}
