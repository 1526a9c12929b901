/** Where CloudFormation resolves something itself, in a text that is literal otherwise. */
const DYNAMIC = '{{resolve:';

/** The part of a text that a template says itself, from its first character on. */
export interface Beginning {
  readonly text: string;
  /** Whether that is all of it. */
  readonly isAll: boolean;
}

/** What is known of a text of a template: literals, `Fn::Join` and `Fn::Sub` up to what only the deployment knows. */
export function literalBeginning(value: unknown): Beginning {
  if (typeof value === 'string') return cut(value, DYNAMIC);
  if (typeof value !== 'object' || value === null) return { text: '', isAll: false };
  const { 'Fn::Join': join, 'Fn::Sub': sub } = value as Readonly<Record<string, unknown>>;
  if (Array.isArray(join)) {
    const [delimiter, parts] = join as readonly unknown[];
    if (typeof delimiter === 'string' && Array.isArray(parts)) return joined(delimiter, parts);
  }
  if (sub === undefined) return { text: '', isAll: false };
  const { text, isAll } = cut([sub].flat()[0], '${');
  const known = cut(text, DYNAMIC);
  return { text: known.text, isAll: isAll && known.isAll };
}

function joined(delimiter: string, parts: readonly unknown[]): Beginning {
  let text = '';
  for (const [index, part] of parts.entries()) {
    const beginning = literalBeginning(part);
    text += (index > 0 ? delimiter : '') + beginning.text;
    if (!beginning.isAll) return { text, isAll: false };
  }
  return { text, isAll: true };
}

function cut(text: unknown, mark: string): Beginning {
  if (typeof text !== 'string') return { text: '', isAll: false };
  const end = text.indexOf(mark);
  return end < 0 ? { text, isAll: true } : { text: text.slice(0, end), isAll: false };
}
