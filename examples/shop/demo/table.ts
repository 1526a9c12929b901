/** One line of the table. */
export interface Row {
  readonly request: string;
  readonly expected: string;
  readonly answered: string;
  readonly point: string;
  readonly why: string;
  /** Whether `ztp explain` was asked as well. */
  readonly isExplained: boolean;
  readonly agrees: boolean;
}

/** Columns of a terminal. */
const COLUMNS = 80;

const CELLS = [
  ['request', 31],
  ['expected', 8],
  ['answered', 8],
  ['point', 8],
] as const;

/** Print the head of the table; rows follow as they come. */
export function printHead(): void {
  const head = CELLS.map(([name, width]) => name.toUpperCase().padEnd(width)).join(' ');
  console.log(`\n  ${head} WHY`);
}

export function printRow(row: Row): void {
  const cells = CELLS.map(([name, width]) => fit(row[name], width)).join(' ');
  const first = `${row.agrees ? '✓' : '✗'} ${cells} `;
  // A reason that is longer than the rest of a terminal's line goes on under the request.
  const isShort = first.length + row.why.length <= COLUMNS;
  console.log(isShort ? `${first}${row.why}` : `${first.trimEnd()}\n${' '.repeat(6)}${row.why}`);
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
