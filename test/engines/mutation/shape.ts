/** JSON as it is generated. */
export type Node = null | boolean | number | string | readonly Node[] | { readonly [name: string]: Node };
type Fields = { readonly [name: string]: Node };

/** Where something stands in a document, with whatever is only a name of the model generalised. */
export type Shape = readonly string[];

/** What a model may call things; an example's names are not part of a shape. */
export interface Names {
  readonly names: ReadonlySet<string>;
}

/** Fields whose keys are names, not fields of a message. */
const MAPS = new Set([
  'policies',
  'providers',
  'typed_per_filter_config',
  'typed_extension_protocol_options',
]);
/** Lists whose places mean something different each: keys of a path, operands of an expression. */
const PLACES = new Set(['path', 'args']);
/** One of several of the same shape. */
const ANY = '[]';

/**
 * Every distinct shape in a document, in document order: its leaves, and everything that holds
 * leaves. `places` keeps the positions of all lists apart, for documents that are short.
 */
export function shapesOf(document: Node, { names }: Names, places: boolean): Shape[] {
  const found = new Map<string, Shape>();
  const visit = (node: Node, shape: Shape, field: string): void => {
    if (shape.length > 0) found.set(JSON.stringify(shape), shape);
    for (const { label, child, key } of children(node, field, names, places)) {
      visit(child, [...shape, label], key);
    }
  };
  visit(document, [], '');
  return [...found.values()];
}

/**
 * The document without what stands at that shape: everywhere where only names differ, and in a list
 * of equals at the first that has it. What is empty thereby goes as well: an object without its only
 * member would be another setting, or none.
 */
export function without(document: Node, shape: Shape, { names }: Names, places: boolean): Node | undefined {
  const remove = (node: Node, rest: Shape, field: string): Removal => {
    const [label, ...below] = rest;
    if (label === undefined) return { changed: true, node: undefined };
    let changed = false;
    const kept: { key: string; child: Node }[] = [];
    for (const each of children(node, field, names, places)) {
      const matches = each.label === label && !(changed && label === ANY);
      const result: Removal = matches
        ? remove(each.child, below, each.key)
        : { changed: false, node: each.child };
      changed ||= result.changed;
      if (result.node !== undefined) kept.push({ key: each.key, child: result.node });
    }
    if (!changed) return { changed, node };
    if (kept.length === 0) return { changed, node: undefined };
    const list = kept.map(({ child }) => child);
    return { changed, node: Array.isArray(node) ? list : unlabelled(kept) };
  };
  const { changed, node } = remove(document, shape, '');
  return changed ? node : undefined;
}

/** As text, for ids: `static_resources.listeners[public].filter_chains[0]…`. */
export function shapeText(shape: Shape): string {
  return shape.reduce(
    (text, label) => (label.startsWith('[') || text === '' ? text + label : `${text}.${label}`),
    '',
  );
}

interface Removal {
  readonly changed: boolean;
  /** Absent if nothing is left. */
  readonly node: Node | undefined;
}

interface Child {
  readonly label: string;
  /** Of a member its name; of an element the list's. */
  readonly key: string;
  readonly child: Node;
}

function children(node: Node, field: string, names: ReadonlySet<string>, places: boolean): Child[] {
  if (typeof node !== 'object' || node === null) return [];
  if (Array.isArray(node)) {
    return (node as readonly Node[]).map((child, at) => {
      const place = places || PLACES.has(field) ? `[${at}]` : ANY;
      return { label: elementLabel(child, field, names) ?? place, key: field, child };
    });
  }
  return Object.entries(node as Fields).map(([key, child]) => ({
    label: memberLabel(key, child, field, names),
    key,
    child,
  }));
}

function memberLabel(key: string, child: Node, field: string, names: ReadonlySet<string>): string {
  if (MAPS.has(field)) return `[${generalised(key, names)}]`;
  // An operator says what an expression is, as a name says what a filter is.
  if (key === 'call_expr') return `call_expr(${text(at(child, 'function'))})`;
  if (key === 'metadata_matcher') return `metadata_matcher(${text(at(child, 'filter'))})`;
  return key;
}

/** What tells an element of a list from the others, if it is more than its place. */
function elementLabel(element: Node, field: string, names: ReadonlySet<string>): string | undefined {
  if (typeof element === 'string') return `[${generalised(element, names)}]`;
  const name = at(element, 'name');
  const decision = at(element, 'typed_config', 'log_format', 'json_format', 'decision');
  const body = field === 'mappers' ? at(element, 'body', 'inline_string') : undefined;
  // A matched header's name is what is matched, not what the matcher is called.
  const own = body ?? decision ?? (field === 'rules' || field === 'headers' ? undefined : name);
  return typeof own === 'string' ? `[${generalised(own.trim(), names)}]` : undefined;
}

/** `services/orders` and `services/users` are `services/*`; `token-revoked#1893456000` is `token-revoked#*`. */
function generalised(label: string, names: ReadonlySet<string>): string {
  return label
    .split(/([/#])/)
    .map((part) => (names.has(part) || /^\d+$/.test(part) ? '*' : part))
    .join('')
    .replace(/#signed-in-.*$/, '#signed-in-*');
}

function text(value: Node | undefined): string {
  return typeof value === 'string' ? value : '';
}

function at(node: Node, ...path: readonly string[]): Node | undefined {
  return path.reduce<Node | undefined>(
    (value, name) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? (value as Fields)[name]
        : undefined,
    node,
  );
}

function unlabelled(kept: readonly { key: string; child: Node }[]): Fields {
  return Object.fromEntries(kept.map(({ key, child }) => [key, child]));
}
