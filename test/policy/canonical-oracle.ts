/**
 * The canonical grammar read byte by byte, without an expression: an independent second reading of
 * `docs/policy.md` for the tests. A character stands for a byte; above 255 it is none.
 */

const UNRESERVED = /^[A-Za-z0-9._~-]$/;
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const UTF8 = new TextDecoder('utf-8', { fatal: true });

export function isCanonical(method: string, authority: string, target: string): boolean {
  return METHODS.includes(method) && isAuthority(authority) && isTarget(target);
}

export function isTarget(target: string): boolean {
  const mark = target.indexOf('?');
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? '' : target.slice(mark + 1);
  return (
    isPath(path) &&
    query.split('').every((character) => character > ' ' && character <= '~' && character !== '#')
  );
}

function isPath(path: string): boolean {
  if (!path.startsWith('/')) return false;
  if (path === '/') return true;
  return path.slice(1).split('/').every(isSegment);
}

function isSegment(segment: string): boolean {
  if (segment === '' || segment === '.' || segment === '..') return false;
  const bytes: number[] = [];
  for (let at = 0; at < segment.length; at++) {
    const character = segment.charAt(at);
    if (character === '%') {
      const byte = escaped(segment.slice(at + 1, at + 3));
      if (byte === undefined) return false;
      bytes.push(byte);
      at += 2;
    } else if (UNRESERVED.test(character) || "!$&'()*+,=:@".includes(character)) {
      bytes.push(character.charCodeAt(0));
    } else {
      return false;
    }
  }
  return isText(bytes);
}

/** The byte of an escape that may be one. */
function escaped(hex: string): number | undefined {
  if (hex.length !== 2 || hex.split('').some((digit) => !'0123456789ABCDEF'.includes(digit)))
    return undefined;
  const byte = Number.parseInt(hex, 16);
  const character = String.fromCharCode(byte);
  if (byte < 0x20 || byte === 0x7f || UNRESERVED.test(character) || '/\\%#;?'.includes(character))
    return undefined;
  return byte;
}

/** UTF-8 without the control characters of Latin-1. */
function isText(bytes: readonly number[]): boolean {
  try {
    const text = UTF8.decode(Uint8Array.from(bytes));
    return text.split('').every((character) => character < '\u0080' || character > '\u009f');
  } catch {
    return false;
  }
}

function isAuthority(authority: string): boolean {
  const [host = '', port, ...more] = authority.split(':');
  if (more.length > 0) return false;
  if (port !== undefined && (port.length < 1 || port.length > 5 || !isOf(port, '0123456789'))) return false;
  return host
    .split('.')
    .every((label) => label !== '' && label.split('').every((one) => /^[A-Za-z0-9-]$/.test(one)));
}

function isOf(text: string, alphabet: string): boolean {
  return text.split('').every((character) => alphabet.includes(character));
}
