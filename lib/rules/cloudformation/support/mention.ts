import { isRecord } from './template.js';

/** Whether a value, as its template has it, names a resource of that template: by Ref, Fn::GetAtt or Fn::Sub. */
export function mentions(raw: unknown, logicalId: string): boolean {
  if (Array.isArray(raw)) return raw.some((item) => mentions(item, logicalId));
  if (!isRecord(raw)) return false;
  return Object.entries(raw).some(([key, item]) => {
    const [first] = Array.isArray(item) ? (item as unknown[]) : [item];
    if (key === 'Ref') return first === logicalId;
    if (key === 'Fn::GetAtt') return typeof first === 'string' && first.split('.')[0] === logicalId;
    const inText = key === 'Fn::Sub' && typeof first === 'string' && placeholders(first).includes(logicalId);
    return inText || mentions(item, logicalId);
  });
}

function placeholders(format: string): string[] {
  return [...format.matchAll(/\$\{\s*([^}.!\s]+)/g)].map(([, name]) => name!);
}
