import type { ServicePolicy } from '../../lib/policy/policy.js';

/**
 * The rules of a service that cover a request, each with its first operation that does, by id: read one
 * after another, with a regular expression for each template, as `docs/policy.md` says it.
 */
export function rulesCovering({ rules }: ServicePolicy, method: string, path: string): string[] {
  return rules
    .flatMap(({ id, operations }) => {
      const operation = operations.find((one) => covers(one, method, path));
      return operation === undefined ? [] : [{ id, operation }];
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ id, operation }) => `${id} ${operation}`);
}

const expressions = new Map<string, RegExp>();

function covers(operation: string, method: string, path: string): boolean {
  const known = expressions.get(operation);
  const expression = known ?? expressionOf(operation);
  if (!known) expressions.set(operation, expression);
  return expression.test(`${method} ${path}`);
}

function expressionOf(operation: string): RegExp {
  const [method = '', path = ''] = operation.replace(/^rpc /, 'POST /').split(' ');
  const isOpen = path.endsWith('/**');
  const segments = (isOpen ? path.slice(0, -3) : path).split('/').filter((segment) => segment !== '');
  const source = segments
    .map((segment) => (segment.startsWith('{') ? '/[^/]+' : `/${literally(segment)}`))
    .join('');
  if (isOpen) return new RegExp(`^${method} ${source === '' ? '/.*' : `${source}(/.+)?`}$`);
  return new RegExp(`^${method} ${source === '' ? '/' : source}$`);
}

function literally(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, String.raw`\$&`);
}
