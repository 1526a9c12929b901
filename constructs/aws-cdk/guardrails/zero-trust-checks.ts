import {
  Aspects,
  CfnResource,
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Validations,
} from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import {
  checkTemplates,
  TEMPLATE_CHECKS,
  type TemplateDiagnostic,
} from '../../../lib/rules/cloudformation/index.js';
import {
  type Acknowledgement,
  acknowledgementText,
  faultOf,
  faultOfEnd,
  METADATA_KEY,
  parseAcknowledgementText,
  ruleOf,
  withoutAcknowledged,
} from '../../../lib/rules/cloudformation/support/acknowledgement.js';
import { suggestion } from '../../../lib/model/suggest.js';
import { ConstructError } from '../support/error.js';
import { type SynthesizedTemplates, synthesizedTemplates } from './templates.js';

/** The plugin's name, and what acknowledgements of its findings begin with: `ZeroTrust::open-egress`. */
const NAME = 'ZeroTrust';

export interface ZeroTrustChecksProps {
  /**
   * Write acknowledgements into the metadata of the resources concerned, so that `ztp check --template` and whoever
   * reads the deployed template see them.
   * @default false: they stand in the report of the CDK only
   */
  readonly acknowledgementsInTemplates?: boolean;
  /** When acknowledgements are judged. @default now */
  readonly now?: Date;
}

/** A finding that is meant, of a rule of `ZeroTrustChecks`. */
export interface GuardrailAcknowledgement {
  /** The rule's id; `rule[undecided]` for what only the deployment decides. */
  readonly rule: string;
  /** Why, for whoever reads the report. */
  readonly reason: string;
  /** ISO 8601 date, `2027-03-31`, from which it is a finding again. */
  readonly expires: string;
}

/**
 * The guardrails of this library for an app that may use nothing else of it: every template of the app, nested and
 * included ones too, is checked at synthesis.
 *
 *     Validations.of(app).addPlugins(new ZeroTrustChecks(app));
 *
 * An error stops synthesis. What only the deployment decides is a warning of the rule `<id>[undecided]`.
 */
export class ZeroTrustChecks implements IPolicyValidationPlugin {
  readonly name = NAME;
  readonly ruleIds = TEMPLATE_CHECKS.map(({ id }) => id);
  private readonly now: Date | undefined;

  constructor(scope: IConstruct, props: ZeroTrustChecksProps = {}) {
    this.now = props.now;
    if (props.acknowledgementsInTemplates) Aspects.of(scope).add({ visit: writeAcknowledgements });
  }

  /**
   * Say that a finding below a construct is meant. The CDK's report then lists it with its reason, until it expires.
   * Throws for a rule that does not exist and for an empty reason.
   */
  static acknowledge(scope: IConstruct, ...acknowledgements: readonly GuardrailAcknowledgement[]): void {
    for (const { rule, reason, expires } of acknowledgements) {
      const ids = TEMPLATE_CHECKS.map(({ id }) => id);
      const id = rule.replace(/\[undecided\]$/, '');
      if (!ids.includes(id)) {
        const meant = suggestion(id, ids);
        throw new ConstructError(scope, {
          code: 'guardrail-unknown',
          message: 'there is no such guardrail',
          prop: 'rule',
          found: JSON.stringify(rule),
          remedy: meant ? `Did you mean "${meant}"?` : 'docs/aws/guardrails.md lists them.',
        });
      }
      if (!/\p{L}/u.test(reason)) {
        throw new ConstructError(scope, {
          code: 'acknowledgement-without-reason',
          message: 'a finding is acknowledged without a reason',
          prop: 'reason',
          remedy: 'Say why, in a sentence that an auditor understands.',
        });
      }
      const fault = faultOfEnd(expires);
      if (fault !== undefined) {
        throw new ConstructError(scope, {
          code: 'acknowledgement-without-end',
          message: `of an acknowledgement: ${fault}`,
          prop: 'expires',
          remedy: 'Name the day on which somebody is to look again.',
        });
      }
      Validations.of(scope).acknowledge({
        id: `${NAME}::${rule}`,
        reason: acknowledgementText({ reason, expires }),
      });
    }
  }

  validate(context: IPolicyValidationContext): PolicyValidationPluginReport {
    const now = this.now ?? new Date();
    const templates = synthesizedTemplates(context);
    const found = checkTemplates(templates.sources);
    // What a construct acknowledges the CDK takes out and lists; what only a template does is listed here.
    const [atConstructs, others] = [true, false].map((wanted) =>
      found.filter((diagnostic) => (givenTo(diagnostic, templates) !== undefined) === wanted),
    ) as [TemplateDiagnostic[], TemplateDiagnostic[]];
    const { left, acknowledged } = withoutAcknowledged(others, templates.sources, now);
    const violations = [...atConstructs, ...left].map((diagnostic) =>
      violationOf(diagnostic, templates, now),
    );
    return {
      success: violations.every(({ severity }) => severity === 'warning'),
      violations,
      ...(acknowledged.length > 0 && {
        metadata: Object.fromEntries(
          acknowledged.map(([{ path }, given]) => [`${given.rule} at ${path}`, acknowledgementText(given)]),
        ),
      }),
    };
  }
}

/**
 * The CDK takes every finding away that somebody acknowledged by its name, with whatever text. So that one without an
 * end, or past it, is a finding again, it goes by a severity or a name that the CDK takes none for.
 */
function violationOf(
  diagnostic: TemplateDiagnostic,
  templates: SynthesizedTemplates,
  now: Date,
): PolicyViolation {
  const { message, found, expected, remedy, severity, template, logicalId, location } = diagnostic;
  const construct = templates.constructOf(template, logicalId);
  const given = givenTo(diagnostic, templates);
  const fault = given && faultOf(given, now);
  const seen = [found && `found ${found}`, expected && `expected ${expected}`].filter(Boolean).join(', ');
  const text = `${message}${seen && ` (${seen})`}.${fault ? ` Of its acknowledgement: ${fault}.` : ''}`;
  const templatePath = templates.files.get(template);
  return {
    ruleName: fault && severity === 'warning' ? `${ruleOf(diagnostic)}[faulty]` : ruleOf(diagnostic),
    severity: fault && severity === 'error' ? 'fatal' : severity,
    description: `${text.charAt(0).toUpperCase()}${text.slice(1)}`,
    ...(remedy && { fix: remedy }),
    violatingResources: [
      {
        resourceLogicalId: logicalId,
        ...(construct && { constructPath: construct.node.path }),
        ...(templatePath && { templatePath }),
        locations: [location],
      },
    ],
  };
}

function givenTo(
  diagnostic: TemplateDiagnostic,
  templates: SynthesizedTemplates,
): Acknowledgement | undefined {
  const construct = templates.constructOf(diagnostic.template, diagnostic.logicalId);
  return construct && closestAcknowledgement(construct, ruleOf(diagnostic));
}

/** As the CDK looks for it: at the construct and then upwards, the last of a construct. */
function closestAcknowledgement(construct: IConstruct, rule: string): Acknowledgement | undefined {
  const [given] = [...construct.node.scopes].reverse().flatMap((scope) => {
    const last = acknowledgementsAt(scope).findLast((one) => one.rule === rule);
    return last ? [last] : [];
  });
  return given;
}

function acknowledgementsAt(construct: IConstruct): Acknowledgement[] {
  return construct.node.metadata
    .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
    .flatMap(({ data }) => Object.entries(data as Readonly<Record<string, string>>))
    .flatMap(([id, reason]) =>
      id.startsWith(`${NAME}::`) ? [parseAcknowledgementText(id.slice(NAME.length + 2), reason)] : [],
    );
}

function writeAcknowledgements(construct: IConstruct): void {
  if (!CfnResource.isCfnResource(construct)) return;
  const closest = new Map<string, Acknowledgement>();
  for (const scope of construct.node.scopes) {
    for (const given of acknowledgementsAt(scope)) closest.set(given.rule, given);
  }
  if (closest.size === 0) return;
  construct.addMetadata(METADATA_KEY, { acknowledged: [...closest.values()] });
}
