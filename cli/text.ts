import { styleText } from 'node:util';

/**
 * Columns that the text of the commands is wrapped to. A word that is longer stays whole, and so does a
 * line of a log: a decision, or what a process printed.
 */
export const COLUMNS = 80;

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Styled if standard output is a terminal and neither NO_COLOR nor the like says otherwise. */
export function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

/**
 * Text in lines of at most `COLUMNS`, the first after `first`, the others after as many spaces (or
 * after `rest`). A word that is longer than a line stays whole: it is there to be copied.
 */
export function wrap(text: string, first = '', rest = ' '.repeat(first.length)): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = rest;
      empty = true;
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

/** Rows in columns two spaces apart, each as wide as its widest cell; the last column wraps. */
export function table(rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) => {
      const head = row.slice(0, -1).map((cell, column) => cell.padEnd((widths[column] ?? 0) + 2));
      return wrap(row.at(-1) ?? '', `${indent}${head.join('')}`);
    })
    .join('\n');
}

/**
 * A command to paste: its parts on one line if they fit, else each on a line of its own, continued by a
 * backslash. Of a part that is longer than a line, the option and its value stand apart.
 */
export function commandLines(parts: readonly string[], indent = '  '): string {
  const whole = `${indent}${parts.join(' ')}`;
  if (whole.length <= COLUMNS) return whole;
  const [first = '', ...rest] = parts;
  const room = COLUMNS - indent.length - '   \\'.length;
  const lines = rest.flatMap((part) => (part.length > room ? part.split(/ (.*)/s, 2) : [part]));
  return [`${indent}${first}`, ...lines.map((line) => `${indent}  ${line}`)].join(' \\\n');
}
