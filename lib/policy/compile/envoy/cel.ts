import type { JsonObject } from '../../request.js';

/**
 * The few CEL expressions that policies need, as the syntax tree that Envoy's RBAC takes (it refuses
 * text). In a DENY policy an expression that cannot be evaluated counts as "does not match", which
 * would admit: whatever is used there must be guarded so that it cannot fail.
 */

export const JWT_NAMESPACE = 'envoy.filters.http.jwt_authn';

type Expression = JsonObject;

function call(name: string, ...args: Expression[]): Expression {
  return { call_expr: { function: name, args } };
}

function number(value: number): Expression {
  return { const_expr: { double_value: value } };
}

function text(value: string): Expression {
  return { const_expr: { string_value: value } };
}

function select(name: string, field: string): Expression {
  return { select_expr: { operand: { ident_expr: { name } }, field } };
}

/** Whole seconds since the epoch, as a double: claims are doubles. Cannot fail. */
const now = call('double', call('int', select('request', 'time')));

/** A claim; fails if it is not there. */
function claim(issuer: string, path: readonly string[]): Expression {
  return [JWT_NAMESPACE, issuer, ...path].reduce(
    (value, name) => call('_[_]', value, text(name)),
    select('metadata', 'filter_metadata'),
  );
}

export function and(first: Expression | undefined, second: Expression | undefined): Expression | undefined {
  return first && second ? call('_&&_', first, second) : (first ?? second);
}

/** True if any is: an operand that fails does not hide another that is true. */
export function or(...expressions: readonly Expression[]): Expression {
  return expressions.reduce((left, right) => call('_||_', left, right));
}

/** Cannot fail. */
export function from(seconds: number): Expression {
  return call('_>=_', now, number(seconds));
}

/** Cannot fail. */
export function before(seconds: number): Expression {
  return call('_<_', now, number(seconds));
}

/** `-skew <= now - claim <= seconds`. Fails if the claim is missing or not a number. */
export function youngerThan(
  issuer: string,
  path: readonly string[],
  seconds: number,
  skew: number,
): Expression {
  const age = call('_-_', now, claim(issuer, path));
  return call('_&&_', call('_<=_', age, number(seconds)), call('_>=_', age, number(-skew)));
}

/** The opposite of `youngerThan`, for a claim that is known to be a number: then it cannot fail. */
export function notYoungerThan(
  issuer: string,
  path: readonly string[],
  seconds: number,
  skew: number,
): Expression {
  const age = call('_-_', now, claim(issuer, path));
  return call('_||_', call('_>_', age, number(seconds)), call('_<_', age, number(-skew)));
}

/** The token lives longer than `seconds`, or begins to after now and `skew`. Fails if `iat` or `exp` is not a number. */
export function livesTooLong(issuer: string, seconds: number, skew: number): Expression {
  const issuedAt = claim(issuer, ['iat']);
  return call(
    '_||_',
    call('_>_', call('_-_', claim(issuer, ['exp']), issuedAt), number(seconds)),
    call('_>_', issuedAt, call('_+_', now, number(skew))),
  );
}

/** The `Authorization` header is longer than this. Fails if there is none. */
export function authorizationLongerThan(bytes: number): Expression {
  const header = call('_[_]', select('request', 'headers'), text('authorization'));
  return call('_>_', call('size', header), { const_expr: { int64_value: bytes } });
}
