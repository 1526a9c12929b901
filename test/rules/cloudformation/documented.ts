import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PAGE = join(__dirname, '..', '..', '..', 'docs', 'aws', 'guardrails.md');

/**
 * Compare a part of the guardrails' page, between `<!-- name -->` and `<!-- /name -->`, with what a test computed.
 * `UPDATE_GOLDEN=1` writes it.
 */
export function expectDocumented(name: string, text: string): void {
  const page = readFileSync(PAGE, 'utf8');
  const [start, end] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const [before, rest = ''] = page.split(start);
  const [now = '', after] = rest.split(end);
  expect([name, after !== undefined]).toEqual([name, true]);
  if (process.env['UPDATE_GOLDEN'] === '1' && process.env['CI'] === undefined) {
    writeFileSync(PAGE, `${before}${start}${text}${end}${after}`);
    return;
  }
  expect(now).toBe(text);
}

/** A text in a cell of a table. */
export function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ');
}
