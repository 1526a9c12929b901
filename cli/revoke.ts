import type { Command } from 'commander';
import type { Engine } from '../lib/model/service.js';
import { engineOption, parseDuration, parseInstant } from './options.js';

/** What `ztp revoke` can be told. Exactly one of the seven kinds is. */
export interface RevokeOptions {
  readonly engine: Engine;
  readonly in?: string;
  readonly issuer?: string;
  readonly token?: string;
  readonly session?: string;
  readonly client?: string;
  readonly subject?: string;
  /** Seconds since the epoch. */
  readonly before?: number;
  readonly rule?: string;
  readonly service?: string;
  readonly workload?: string;
  /** Seconds. */
  readonly for?: number;
  readonly create?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function configure(command: Command): void {
  command
    .description(
      'Add an entry to the revocation document, which every point reads while it runs:\nno deployment is needed. Names are checked against the model first.',
    )
    .argument('<model>', 'model file')
    .option('--in <document>', 's3://BUCKET/KEY, dynamodb://TABLE/ID, configmap://NAMESPACE/NAME, or a file')
    .option('--token <jti>', 'the token with this jti')
    .option('--session <sid>', 'tokens of this session')
    .option('--client <id>', 'tokens of this client (the `clientClaim` of the provider)')
    .option('--subject <sub>', 'tokens of this subject')
    .option('--before <instant>', 'with --subject: only tokens issued before', parseInstant)
    .option('--rule <id>', 'withdraw an allow')
    .option('--service <name>', 'close a service')
    .option('--workload <name>', 'close a service, and withdraw every allow that names it')
    .option('--issuer <name>', 'whose tokens (default: the only provider of the model)')
    .option('--for <duration>', 'how long: 30m, 4h (default for tokens: a year, or 28h)', parseDuration)
    .option('--create', 'the document is not there yet')
    .option('--dry-run', 'print the document that would be written, and write nothing')
    .option('--json', 'print { document, version, entries, entry } as JSON')
    .addOption(engineOption())
    .addHelpText(
      'after',
      `
Tokens of an issuer with \`maxTokenLifetimeSeconds\` are revoked for 28h, which is
the most that it can say. Without it a token lives until its own end, so the
entry stays a year; say more with --for if yours live longer. Entries whose time
is over are removed. No document is written that points would not read: at most
1 MiB, in DynamoDB 400 KiB. S3 and DynamoDB are asked in AWS_REGION with
AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN):
  eval "$(aws configure export-credentials --format env)"
A ConfigMap is written by kubectl, in the cluster of its context.

Examples:
  ztp revoke model.ts --in s3://acme-zero-trust/revocations.json --token 8c1f2a
  ztp revoke model.ts --in dynamodb://zero-trust/revocations --subject alice \\
      --before 2027-03-01T12:00:00Z
  ztp revoke model.ts --engine kubernetes --session 8c1f2a \\
      --in configmap://shop/zero-trust-revocations
  ztp revoke model.ts --in revocations.json --service refunds --for 2h --dry-run

Exits with 1 if nothing could be written. Two writes at the same time both stay.`,
    )
    .action(async (path: string, options: RevokeOptions) => {
      const { in: place } = options;
      if (place === undefined)
        command.error("error: --in 's3://BUCKET/KEY', or another place of the document, is missing", {
          code: 'missing-option',
        });
      const { revoke } = await import('./revoke-run.js');
      process.stdout.write(await revoke(path, { ...options, in: place }));
    });
}
