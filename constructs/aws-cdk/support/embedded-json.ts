/** Properties whose texts have JSON in them: definitions, inputs, calls of custom resources. */
export const JSON_TEXTS: ReadonlySet<string> = new Set([
  'DefinitionString',
  'Input',
  'InputTemplate',
  'Create',
  'Update',
  'Delete',
]);

/** What stands for an intrinsic function within a text: a character for private use. */
const MARK = /\uE000(\d+)\uE000/;
/** The same where a number would be. */
const BARE = /([:[,]\s*)(\uE000\d+\uE000)(?=\s*[,}\]])/g;

/**
 * The value of a JSON text in a template, such as a state machine's definition, with intrinsic functions where the text
 * had them; a value that is no text is returned as it is, and `undefined` stands for a text that is no JSON.
 */
export function embeddedJson(value: unknown): unknown {
  const intrinsics: unknown[] = [];
  const text = flatten(value, intrinsics);
  if (text === undefined) return value;
  const found = parsed(text) ?? parsed(text.replaceAll(BARE, '$1"$2"'));
  return found === undefined ? undefined : restore(found, intrinsics);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function flatten(value: unknown, intrinsics: unknown[]): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null || !('Fn::Join' in value)) return undefined;
  const [separator, parts] = value['Fn::Join'] as [string, unknown[]];
  return parts
    .map((part) => (typeof part === 'string' ? part : `\uE000${intrinsics.push(part) - 1}\uE000`))
    .join(separator);
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
