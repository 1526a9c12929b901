/** Properties whose texts have JSON in them: definitions, inputs, calls of custom resources. */
export const JSON_TEXTS: ReadonlySet<string> = new Set([
  'DefinitionString',
  'Input',
  'InputTemplate',
  'Create',
  'Update',
  'Delete',
]);

/** What `Fn::Sub` and a definition write for a value. */
const VARIABLE = /\$\{([^!}]+)\}/g;
/** What stands for an intrinsic function within a text: a character for private use. */
const MARK = /\uE000(\d+)\uE000/;
/** The same where a number would be. */
const BARE = /([:[,]\s*)(\uE000\d+\uE000)(?=\s*[,}\]])/g;
/** What an input template has for a field of the event, as the whole of a value. */
const FIELD = /([:[,]\s*)<([\w.-]+)>(?=\s*[,}\]])/g;

type Properties = Readonly<Record<string, unknown>>;

/**
 * What is inside of a property: of a text its JSON, and of a state machine's definition with what is put into it
 * (`DefinitionSubstitutions`).
 */
export function inside(owner: Properties, property: string): unknown {
  const value = owner[property];
  const substitutions = (owner['DefinitionSubstitutions'] ?? {}) as Properties;
  if (JSON_TEXTS.has(property)) return embeddedJson(value, substitutions);
  return property === 'Definition' ? embeddedJson(JSON.stringify(value), substitutions) : value;
}

/** What is put into a definition that lies in a file, and so may be anything there. */
export function putIntoFile(owner: Properties): unknown[] {
  return owner['DefinitionS3Location'] === undefined
    ? []
    : Object.values((owner['DefinitionSubstitutions'] ?? {}) as Properties);
}

/**
 * The value of a JSON text in a template, such as a state machine's definition, with intrinsic functions where the text
 * had them; a value that is no text is returned as it is, and `undefined` stands for a text that is no JSON.
 */
export function embeddedJson(value: unknown, substitutions: Properties = {}): unknown {
  const intrinsics: unknown[] = [];
  const mark = (part: unknown) => `\uE000${intrinsics.push(part) - 1}\uE000`;
  const text = flatten(value, mark)?.replaceAll(VARIABLE, (all, name: string) =>
    Object.hasOwn(substitutions, name) ? mark(substitutions[name]) : all,
  );
  if (text === undefined) return value;
  const found =
    parsed(text) ?? parsed(text.replaceAll(BARE, '$1"$2"').replaceAll(FIELD, '$1{"EventField":"$2"}'));
  return found === undefined ? undefined : restore(found, intrinsics);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function flatten(value: unknown, mark: (part: unknown) => string): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { 'Fn::Join': join, 'Fn::Sub': sub } = value as Properties;
  if (join !== undefined) {
    const [separator, parts] = join as [string, unknown[]];
    return parts.map((part) => (typeof part === 'string' ? part : mark(part))).join(separator);
  }
  if (sub === undefined) return undefined;
  const [text, values = {}] = [sub].flat() as [string, Properties?];
  return text.replaceAll(VARIABLE, (_, name: string) => mark(values[name] ?? reference(name)));
}

function reference(name: string): unknown {
  const [resource, ...attribute] = name.split('.');
  return attribute.length === 0 ? { Ref: name } : { 'Fn::GetAtt': [resource, attribute.join('.')] };
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
