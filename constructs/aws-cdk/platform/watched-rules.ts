import type { IAlarmAction } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import type { Mesh } from '../mesh/index.js';
import { RuleAlarm } from '../visibility/index.js';
import type { ZeroTrustPlatformProps } from './props.js';

/** How the names of rules begin that are for an incident, and whose use nobody may overlook. */
const BREAK_GLASS = 'break-glass';

/** An alarm for each rule that is watched, beside the log of its service. */
export function watchRules(
  mesh: Mesh,
  { watchedRules }: ZeroTrustPlatformProps,
  { place, actions }: { place: (service: string) => Construct; readonly actions: readonly IAlarmAction[] },
): void {
  const { plan } = mesh;
  const allows = Object.entries(plan.policy.services).flatMap(([service, { rules }]) =>
    rules.flatMap(({ id, effect }) => (effect === 'allow' ? [{ service, id }] : [])),
  );
  const emergencies = allows.map(({ id }) => id).filter((id) => id.startsWith(BREAK_GLASS));
  for (const rule of watchedRules ?? emergencies) {
    // Of a rule that is not there any log will do: its alarm is an error.
    const service = allows.find(({ id }) => id === rule)?.service ?? Object.keys(plan.services)[0]!;
    new RuleAlarm(place(service), `Rule-${rule}`, {
      plan,
      rule,
      logGroup: mesh.network(service).logGroup,
      alarmActions: actions,
    });
  }
}
