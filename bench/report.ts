import { type Report } from './harness.js';
import { type Estimate } from './statistics.js';

/** The report as a table for people. */
export function formatReport(report: Report): string {
  const costs = report.rows.map((row) => [String(row.size), row.subject, ...columns(row)]);
  const facts = (report.facts ?? []).map(({ what, subject, value, unit }) => [
    what,
    subject,
    unit,
    figures(value),
  ]);
  const ratios = Object.entries(report.ratios).map(([name, ratio]) => [name, ...columns(ratio)]);
  return [
    `${report.name}: ${report.unit}, median of ${report.rounds} rounds with its 95 % interval`,
    '',
    ...table(['size', 'subject', 'median', 'low', 'high'], costs),
    ...(ratios.length === 0
      ? []
      : ['', ...table(['ratio, paired by round', 'median', 'low', 'high'], ratios)]),
    ...(facts.length === 0 ? [] : ['', ...table(['counted', 'subject', 'unit', 'value'], facts)]),
    '',
  ].join('\n');
}

function columns({ median, low, high }: Estimate): string[] {
  return [median, low, high].map(figures);
}

/** Three significant figures, without an exponent. */
export function figures(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 20));
}

function table(head: readonly string[], rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const firstNumber = head.findIndex((title) => title === 'median' || title === 'value');
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column < firstNumber ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)];
}
