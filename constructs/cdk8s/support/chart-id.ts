/**
 * The id of a part's chart, by which its file is named, and files are applied in the order of their names. So a letter comes
 * after the tenth digit: `10` would be before `2`.
 */
export function chartId(index: number, part: string): string {
  return `${index.toString(36)}-${part}`;
}
