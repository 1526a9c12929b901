/** A Cedar expression, or what it is known to be: a policy that can never apply is not written. */
export type Expression = string | boolean;

/** A string literal: Cedar knows other escapes than JSON. */
export function text(value: string): string {
  const escaped = value.replace(/["\\\p{Cc}]/gu, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
  return `"${escaped}"`;
}

/** `&&` binds more tightly than `||`, which `any` puts brackets around. */
export function all(parts: readonly Expression[]): Expression {
  if (parts.includes(false)) return false;
  const left = distinct(parts.filter((part) => part !== true));
  return left.length === 0 ? true : left.join(' && ');
}

export function any(parts: readonly Expression[]): Expression {
  if (parts.includes(true)) return true;
  const left = distinct(parts.filter((part) => part !== false));
  if (left.length < 2) return left[0] ?? false;
  return `(${left.join(' || ')})`;
}

function distinct(parts: readonly Expression[]): string[] {
  return [...new Set(parts.map(String))];
}
