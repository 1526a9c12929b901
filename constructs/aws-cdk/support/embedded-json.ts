/** What stands for an intrinsic function within a text; no JSON has it. */
const MARK = /\u0001(\d+)\u0001/;

/**
 * The value of a JSON text in a template, such as a state machine's definition, with intrinsic functions where the text
 * had them; a value that is no text is returned as it is, and `undefined` stands for a text that is no JSON.
 */
export function embeddedJson(value: unknown): unknown {
  const intrinsics: unknown[] = [];
  const text = flatten(value, intrinsics);
  if (text === undefined) return value;
  try {
    return restore(JSON.parse(text), intrinsics);
  } catch {
    return undefined;
  }
}

function flatten(value: unknown, intrinsics: unknown[]): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('Fn::Join' in value)) return undefined;
  const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
  return parts
    .map((part) => (typeof part === 'string' ? part : `\u0001${intrinsics.push(part) - 1}\u0001`))
    .join(separator)
    .replaceAll('\u0001', '\\u0001');
}

function restore(value: unknown, intrinsics: readonly unknown[]): unknown {
  if (Array.isArray(value)) return value.map((item) => restore(item, intrinsics));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, restore(item, intrinsics)]));
  }
  if (typeof value !== 'string' || !MARK.test(value)) return value;
  const parts = value.split(MARK).map((part, at) => (at % 2 === 1 ? intrinsics[Number(part)] : part));
  const filled = parts.filter((part) => part !== '');
  return filled.length === 1 ? filled[0] : { 'Fn::Join': ['', filled] };
}
