import { Stack } from 'aws-cdk-lib';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import type { LoginSource } from '../../../gateway/agent/settings.js';
import type { Plan } from '../../../lib/plan/plan.js';
import type { LoginOptions } from './props.js';

/** Where the agent of a gateway finds the secrets of each login, as JSON: their ARNs and nothing of them. */
export function loginVariables(
  scope: Construct,
  plan: Plan,
  { services }: LoginOptions,
  sessions: Readonly<Record<string, ISecret>>,
): string {
  const sources = Object.entries(services).map(
    ([service, { clientSecret, field }]): [string, LoginSource] => [
      plan.services[service]!.login!.key,
      {
        client: { secretArn: clientSecret.secretArn, ...(field !== undefined && { field }) },
        session: { secretArn: sessions[service]!.secretArn },
      },
    ],
  );
  return Stack.of(scope).toJsonString(Object.fromEntries(sources));
}
