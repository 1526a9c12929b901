/**
 * What an L2 renders, or a template has, with the names of CloudFormation, keys in order, and nothing that is empty: so
 * that equal things have equal texts.
 */
export function templateForm(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(templateForm);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key.charAt(0).toUpperCase() + key.slice(1), templateForm(inner)] as const)
    .filter(([, inner]) => inner !== undefined)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
