import type { AlertingRule } from './kinds/index.js';

export function alarm(
  name: string,
  expr: string,
  severity: 'warning' | 'critical',
  summary: string,
): AlertingRule {
  return { alert: name, expr, labels: { severity }, annotations: { summary } };
}

/** How often a counter rose in five minutes, by a label. */
export function increase(counter: string, label: string): string {
  return `sum by (${label}) (increase(${counter}[5m]))`;
}

/**
 * Whether a counter rose at all in five minutes. Many are not there before they count for the first time, and of what begins at 1
 * `increase` is 0: so what was not there five minutes ago counts as well.
 */
export function rises(counter: string, label: string): string {
  return `${increase(counter, label)} > 0 or sum by (${label}) (${counter} unless ${counter} offset 5m) > 0`;
}
