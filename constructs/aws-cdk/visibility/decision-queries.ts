import { Resource, Stack } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { decisionLogSchema } from '../../../lib/plan/decision-log.js';
import { ConstructError } from '../support/error.js';
import type { LogArchive } from './log-archive.js';
import { QUERY_PACK } from './query-pack.js';

export interface DecisionQueriesProps {
  /** The trust domain: the folder of the saved queries, and in the names that Athena wants. */
  readonly platform: string;
  /**
   * The groups that saved queries begin with, up to 50.
   * @default chosen in the console for each query, by name or by prefix
   */
  readonly logGroups?: readonly ILogGroup[];
  /** Makes a table over the archived decisions, and the same queries for Athena. @default Logs Insights alone */
  readonly archive?: LogArchive;
  /** Bytes that one query of Athena may read; it ends at that. @default 100 GiB, fifty cents */
  readonly mostBytes?: number;
}

/** What one query takes ("CloudWatch Logs quotas"). */
const MOST_GROUPS = 50;
const GIB = 1024 ** 3;

/**
 * A query pack for the decision log: who was refused where and why, what rules in audit would have done, who used what
 * is revoked. As saved queries of CloudWatch Logs Insights, for the latest; and of Athena, for all that is archived.
 * None costs anything until somebody runs it.
 */
export class DecisionQueries extends Resource {
  /** Of Athena; absent without an archive. */
  readonly workgroup?: CfnWorkGroup;
  readonly database?: CfnDatabase;

  constructor(scope: Construct, id: string, props: DecisionQueriesProps) {
    super(scope, id);
    const { platform, logGroups = [], archive } = props;
    if (logGroups.length > MOST_GROUPS) throw tooMany(this, logGroups.length);
    for (const { id: name, title, insights } of QUERY_PACK) {
      new CfnQueryDefinition(this, `Saved-${name}`, {
        name: `${platform}/${title}`,
        queryString: insights,
        ...(logGroups.length > 0 && { logGroupNames: logGroups.map(({ logGroupName }) => logGroupName) }),
      });
    }
    if (!archive) return;
    // Athena takes lower case, digits and underscores.
    const name = `zero_trust_${platform.replaceAll(/[^a-z0-9]/g, '_')}`;
    this.database = new CfnDatabase(this, 'Database', {
      catalogId: Stack.of(this).account,
      databaseInput: { name, description: `Decisions of ${platform}` },
    });
    const table = decisionTable(this, this.database, archive);
    this.workgroup = this.makeWorkgroup(name, props.mostBytes ?? 100 * GIB);
    for (const { id: query, title, sql } of QUERY_PACK) {
      const saved = new CfnNamedQuery(this, `Athena-${query}`, {
        name: title,
        description: 'The parameters are the first and the last day, such as 2026-11-29',
        database: name,
        workGroup: this.workgroup.ref,
        queryString: sql,
      });
      saved.node.addDependency(table);
    }
  }

  private makeWorkgroup(name: string, mostBytes: number): CfnWorkGroup {
    return new CfnWorkGroup(this, 'Workgroup', {
      name,
      description: 'Questions to the decision log',
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        enforceWorkGroupConfiguration: true,
        bytesScannedCutoffPerQuery: mostBytes,
        publishCloudWatchMetricsEnabled: true,
        // Athena keeps results encrypted for a day: they need no bucket, and are no evidence.
        managedQueryResultsConfiguration: { enabled: true },
      },
    });
  }
}

/** What a property of the schema is in a table. */
function columnType(property: { readonly type?: unknown; readonly const?: unknown }): string {
  return property.type === 'integer' || typeof property.const === 'number' ? 'int' : 'string';
}

/** The decisions of an archive, with a column for each property of the public schema, and the day as the partition. */
function decisionTable(scope: Construct, database: CfnDatabase, { bucket }: LogArchive): CfnTable {
  const properties = decisionLogSchema['properties'] as Record<string, { type?: unknown; const?: unknown }>;
  const location = `s3://${bucket.bucketName}/decisions/`;
  return new CfnTable(scope, 'Decisions', {
    catalogId: Stack.of(scope).account,
    databaseName: database.ref,
    tableInput: {
      name: 'decisions',
      tableType: 'EXTERNAL_TABLE',
      partitionKeys: [{ name: 'day', type: 'string' }],
      // Days follow from their names: nothing has to be told of a new one.
      parameters: {
        'projection.enabled': 'true',
        'projection.day.type': 'date',
        'projection.day.format': 'yyyy-MM-dd',
        'projection.day.range': '2026-01-01,NOW',
        'storage.location.template': `${location}day=\${day}/`,
      },
      storageDescriptor: {
        location,
        inputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
        outputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
        serdeInfo: {
          serializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
          // Names of columns are in lower case, those of the lines are not; a line that is none is passed over.
          parameters: { 'case.insensitive': 'true', 'ignore.malformed.json': 'true' },
        },
        columns: Object.entries(properties).map(([name, property]) => ({
          name: name.toLowerCase(),
          type: columnType(property),
        })),
      },
    },
  });
}

function tooMany(scope: Construct, found: number): ConstructError {
  return new ConstructError(scope, {
    code: 'too-many-log-groups',
    message: 'a saved query does not take so many log groups',
    prop: 'logGroups',
    found: String(found),
    expected: `up to ${MOST_GROUPS}`,
    remedy: 'Leave them out and choose them in the console, or ask the archive by Athena.',
  });
}
