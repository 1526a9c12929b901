/** One line of the table. */
export interface Row {
  readonly request: string;
  readonly expected: string;
  readonly answered: string;
  readonly point: string;
  readonly why: string;
  readonly agrees: boolean;
}

const COLUMNS = [
  ['request', 31],
  ['expected', 8],
  ['answered', 8],
  ['point', 8],
] as const;

/** Print the head of the table; rows follow as they come. */
export function printHead(): void {
  const head = COLUMNS.map(([name, width]) => name.toUpperCase().padEnd(width)).join(' ');
  console.log(`\n  ${head} WHY`);
}

export function printRow(row: Row): void {
  const cells = COLUMNS.map(([name, width]) => fit(row[name], width)).join(' ');
  console.log(`${row.agrees ? '✓' : '✗'} ${cells} ${row.why}`);
}

function fit(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
}
