import { codedError } from '../coded-error.js';
import type { Plan } from '../plan/plan.js';
import { type AlarmOptions, alarmRules } from './alarms.js';
import { decisionLogTelemetry } from './decision-log.js';
import { checkedObjects } from './names.js';
import type { WrittenObject } from './kinds/index.js';
import type { KubernetesObject } from './object.js';
import { checkOptions, visibility } from './schemas/index.js';

export interface VisibilityOptions extends AlarmOptions {
  /** Whether there is a Prometheus Operator, which reads the alarms. @default true */
  readonly alarms?: boolean;
}

/** The decision log of every sidecar, and the alarms. */
export function visibilityObjects(plan: Plan, options: VisibilityOptions = {}): readonly KubernetesObject[] {
  checkOptions(visibility, options);
  const { refusedPercent = 50, serverErrors = 10 } = options;
  for (const [path, value, most] of [
    ['refusedPercent', refusedPercent, 100],
    ['serverErrors', serverErrors, Number.MAX_SAFE_INTEGER],
  ] as const) {
    if (value > 0 && value <= most) continue;
    throw codedError('count', path, 'an alarm of this would always sound, or never', {
      found: String(value),
      expected: `more than 0, at most ${most}`,
    });
  }
  return checkedObjects<WrittenObject>([
    decisionLogTelemetry(plan, options.mode),
    ...(options.alarms === false ? [] : [alarmRules(plan, options)]),
  ]);
}
