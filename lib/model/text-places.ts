import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type Diagnostic, type Place, ZeroTrustError } from '../diagnostic.js';
import { type ElementPath, parseElementPath } from './element-path.js';

/** A file of JSON or YAML, as it was read. */
export interface SourceText {
  /** As it was named. */
  readonly file: string;
  readonly text: string;
  /** The element that the whole file is, in the paths of findings. @default the root */
  readonly under?: string;
  /**
   * Of a text that a model was made from with others: where it has each rule of the model, by index or by name.
   * @default the text is the model
   */
  readonly rules?: Readonly<Record<'access' | 'egress', readonly (number | string | undefined)[]>>;
}

/** Characters of a text in which places are looked for: a parser of YAML takes seconds for more. */
const MAX_TEXT = 4_000_000;

/** Where an element is, or else the nearest one around it that is there. */
export type Places = (path: string) => Place | undefined;

/** The places of a text. JSON is YAML of this version, and so has places as well. */
export function placesIn(source: SourceText): Places {
  const search = searchIn(source);
  return (path) => search(path)?.place;
}

/** A place, and how many keys of the path lead there. */
interface Found {
  readonly place: Place;
  readonly depth: number;
}

function searchIn({ file, text, under, rules }: SourceText): (path: string) => Found | undefined {
  if (text.length > MAX_TEXT) return () => undefined;
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: false,
    lineCounter: lines,
  });
  const root = parseElementPath(under ?? '');
  return (path) => {
    const keys = inText(parseElementPath(path), rules);
    if (root.some((key, at) => keys[at] !== key)) return undefined;
    let [node, offset]: [unknown, number | undefined] = [document.contents, undefined];
    let depth = 0;
    for (const key of keys.slice(root.length)) {
      const next = elementOf(isAlias(node) ? node.resolve(document) : node, key);
      if (!next) break;
      [node, offset] = [next.node, next.offset ?? offset];
      depth += 1;
    }
    if (offset === undefined) return undefined;
    const { line, col: column } = lines.linePos(offset);
    return { place: { file, line, column }, depth };
  };
}

/** The keys of an element of the model in a text that has some of its rules, or has them elsewhere. */
function inText(keys: ElementPath, rules: SourceText['rules']): ElementPath {
  const [list, index, ...rest] = keys;
  if (!rules || (list !== 'access' && list !== 'egress') || typeof index !== 'number') return keys;
  const at = rules[list][index];
  return at === undefined ? [] : [list, at, ...rest];
}

/** An element with where it begins: that of a map at its key. Of two equal keys the last one counts. */
function elementOf(
  node: unknown,
  key: ElementPath[number],
): { readonly node: unknown; readonly offset: number | undefined } | undefined {
  if (isSeq(node)) {
    const item = typeof key === 'number' ? node.items[key] : undefined;
    return item === undefined ? undefined : { node: item, offset: startOf(item) };
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.findLast((item) => isScalar(item.key) && String(item.key.value) === String(key));
  return pair && { node: pair.value, offset: startOf(pair.key) };
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

/** Findings with the places of their elements in the texts, where they have one. */
export function placed(
  diagnostics: readonly Diagnostic[],
  texts: readonly SourceText[],
): readonly Diagnostic[] {
  if (diagnostics.length === 0 || texts.length === 0) return diagnostics;
  const all = texts.map(searchIn);
  return diagnostics.map((diagnostic) => {
    const { path } = diagnostic;
    if (diagnostic.place || path === '' || texts.some(({ file }) => file === path)) return diagnostic;
    // Of several texts the one that has more of the way there.
    const [best] = all.flatMap((search) => search(path) ?? []).sort((a, b) => b.depth - a.depth);
    return best ? { ...diagnostic, place: best.place } : diagnostic;
  });
}

/** An error with the places of its findings; any other as it is. */
export function placedError(error: unknown, texts: readonly SourceText[]): unknown {
  if (!(error instanceof ZeroTrustError) || texts.length === 0) return error;
  return new ZeroTrustError(error.code, error.message, placed(error.diagnostics, texts));
}
