import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnOutput } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IssuerNode, Plan } from '../../../lib/plan/plan.js';
import type { IWebFirewall } from '../firewall/index.js';
import { checkDirectories } from '../identity/directory-values.js';
import { type IUserDirectory, PipelineRole, UserDirectory } from '../identity/index.js';
import type { FederatedMfa } from '../identity/props.js';
import type { PlatformDirectoryProps, PlatformPipelineProps } from './props.js';

export interface IdentitiesProps {
  readonly plan: Plan;
  readonly logs: { readonly encryptionKey: IKey; readonly retention?: RetentionDays };
  readonly firewall: IWebFirewall;
  /** In the stack itself, under a key of the plan: a pool outlives everything else. */
  readonly place: (key: string, part: string) => Construct;
}

/** The directories that the model leaves to the engine, by name: made here, or given by the user. */
export function platformDirectories(
  scope: Construct,
  given: Readonly<Record<string, PlatformDirectoryProps | IUserDirectory>>,
  props: IdentitiesProps,
): Record<string, IUserDirectory> {
  const nodes = new Map(
    Object.entries(props.plan.issuers).flatMap(([provider, node]) =>
      node.directory ? [[node.directory.name, { provider, node }] as const] : [],
    ),
  );
  const directories = Object.fromEntries(
    Object.entries(given).map(([name, directory]) => {
      const known = nodes.get(name);
      // Of one that no provider is the check below tells.
      if (isDirectory(directory) || !known) return [name, directory as IUserDirectory];
      return [name, makeDirectory(name, directory, { ...known, ...props })];
    }),
  );
  checkDirectories(scope, props.plan, directories);
  return directories;
}

/** The roles of pipelines, by their names in the model. */
export function platformPipelines(
  given: Readonly<Record<string, PlatformPipelineProps>>,
  { plan, place }: Pick<IdentitiesProps, 'plan' | 'place'>,
): Record<string, PipelineRole> {
  return Object.fromEntries(
    Object.entries(given).map(([pipeline, props]) => {
      const home = place(`pipelines/${pipeline}`, 'pipelines');
      const made = PipelineRole.fromPlan(home, 'Role', { ...props, plan, pipeline });
      new CfnOutput(home, 'Arn', {
        value: made.role.roleArn,
        description: `The role of pipeline ${pipeline}`,
      });
      return [pipeline, made];
    }),
  );
}

interface Known extends IdentitiesProps {
  readonly provider: string;
  readonly node: IssuerNode;
}

function makeDirectory(name: string, props: PlatformDirectoryProps, known: Known): UserDirectory {
  const { plan, provider, logs, firewall, place } = known;
  const { federatedMfa, ...rest } = props;
  const home = place(`directories/${name}`, 'directory');
  const made = new UserDirectory(home, 'Directory', {
    ...logs,
    firewall,
    ...rest,
    audiences: ownAudiences(known),
    ...(federatedMfa && { federatedMfa: federated(federatedMfa, plan, provider) }),
  });
  for (const client of Object.keys(props.clients)) {
    new CfnOutput(home, `Client-${client}`, {
      value: made.clientId(client),
      description: `Client id of ${client} at ${name}`,
    });
  }
  new CfnOutput(home, 'Issuer', { value: made.issuer, description: `Where people of ${name} sign in` });
  return made;
}

/** What an application asks for when it wants a token of one service; clients stand in for the others. */
function ownAudiences({ plan, provider, node }: Known): string[] {
  const standIns = node.directory?.standIns ?? {};
  const accepted = Object.values(plan.policy.services).flatMap(({ audiences }) => audiences[provider] ?? []);
  return [...new Set(accepted)].filter((audience) => !Object.hasOwn(standIns, audience)).sort();
}

function federated(
  given: NonNullable<PlatformDirectoryProps['federatedMfa']>,
  plan: Plan,
  issuer: string,
): FederatedMfa {
  return given.enforcedBy === 'policy' ? { ...given, plan, issuer } : given;
}

function isDirectory(given: PlatformDirectoryProps | IUserDirectory): given is IUserDirectory {
  return 'userPool' in given;
}
