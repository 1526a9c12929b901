import { type App, Validations } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks, type NagPack, NIST80053R5Checks } from 'cdk-nag';

/** A finding that somebody explained, at one construct. */
export interface Acknowledgement {
  readonly path: string;
  readonly rule: string;
  readonly reason: string;
}

/** What cdk-nag's AwsSolutions and NIST 800-53 r5 packs say of a synthesized app and no acknowledgement explains. */
export function unexplainedFindings(app: App): string[] {
  const packs: readonly NagPack[] = [new AwsSolutionsChecks(app), new NIST80053R5Checks(app)];
  return packs.flatMap((pack) =>
    pack
      .validateScope(app)
      .violations.flatMap(({ ruleName, description, violatingResources }) =>
        violatingResources.map(({ constructPath = '' }) => `${constructPath} ${ruleName}: ${description}`),
      ),
  );
}

/** Every acknowledgement of an app, with its reason. */
export function acknowledgementsOf(app: App): Acknowledgement[] {
  return app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([rule, reason]) => ({
          path: construct.node.path,
          rule: rule.replace(/^annotation::/i, ''),
          reason,
        })),
      ),
  );
}
