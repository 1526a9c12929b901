import { DatabaseSync } from 'node:sqlite';
import type { DecisionQuery } from '../../../constructs/aws-cdk/visibility/query-pack.js';
import { type DecisionLogEntry, decisionLogSchema } from '../../../lib/plan/decision-log.js';

/** A row of an answer. */
export type Row = Readonly<Record<string, unknown>>;

const COLUMNS = Object.keys(decisionLogSchema['properties'] as object);

/**
 * Lines of a decision log as the table that Athena makes of them: a column for each property of the schema, in lower
 * case, and the day. SQLite stands for Trino: what the pack uses means the same in both, once `LIKE` minds the case.
 */
export class DecisionTable {
  readonly #database = new DatabaseSync(':memory:');

  constructor(lines: readonly DecisionLogEntry[]) {
    this.#database.exec('PRAGMA case_sensitive_like = ON');
    const columns = [...COLUMNS, 'day'];
    this.#database.exec(
      `CREATE TABLE decisions (${columns.map((name) => `"${name.toLowerCase()}"`).join(', ')})`,
    );
    const insert = this.#database.prepare(
      `INSERT INTO decisions VALUES (${columns.map(() => '?').join(', ')})`,
    );
    for (const line of lines) {
      const values = COLUMNS.map((name) => line[name as keyof DecisionLogEntry] ?? null);
      insert.run(...values, line.time.slice(0, 10));
    }
  }

  /** What the query says of these days. A field that it misspells is an error here, as in Athena. */
  ask({ sql }: DecisionQuery, days: readonly [first: string, last: string]): Row[] {
    return this.#database.prepare(sql).all(...days);
  }

  close(): void {
    this.#database.close();
  }
}
