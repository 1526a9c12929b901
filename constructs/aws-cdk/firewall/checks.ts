import { Annotations, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Diagnostic } from '../../../lib/diagnostic.js';
import { checkWebFirewall, type WebFirewallDeclaration } from '../../../lib/rules/web-firewall/index.js';
import { ConstructError } from '../support/error.js';
import { FIRST_OWN_PRIORITY } from './managed-groups.js';
import type { WebFirewallProps } from './props.js';
import type { CountedRule } from './rules.js';

/** Throws at the first error that can be seen at synthesis, and prints the warnings. */
export function checkFirewall(
  scope: Construct,
  props: WebFirewallProps,
  rules: readonly CountedRule[],
): void {
  checkOwnRules(scope, props);
  checkPatterns(scope, props);
  const findings = checkWebFirewall(declarationOf(scope, props, rules));
  for (const finding of findings.filter(({ severity }) => severity === 'warning')) {
    const text = `${finding.message}: ${finding.found}; ${finding.remedy}`;
    Annotations.of(scope).addWarningV2(`zero-trust-platform:${finding.code}`, text);
  }
  const error = findings.find(({ severity }) => severity === 'error');
  if (error) throw constructError(scope, error);
}

function constructError(scope: Construct, { code, path, message, found, expected, remedy }: Diagnostic) {
  return new ConstructError(scope, {
    code,
    message,
    prop: path,
    ...(found !== undefined && { found }),
    ...(expected !== undefined && { expected }),
    remedy: remedy ?? '',
  });
}

function declarationOf(
  scope: Construct,
  { scope: wafScope = 'REGIONAL', rate, inspectedBody = 16 }: WebFirewallProps,
  rules: readonly CountedRule[],
): WebFirewallDeclaration {
  const region = scopeRegion(scope);
  const { limit = 2000, windowSeconds = 300 } = rate ?? {};
  return {
    scope: wafScope,
    ...(region !== undefined && { region }),
    rules: rules.map(({ rule, capacity }) => ({ name: rule.name, priority: rule.priority, capacity })),
    // What only a deployment knows AWS checks; a number that stands for it has no size.
    rates:
      Token.isUnresolved(limit) || Token.isUnresolved(windowSeconds)
        ? []
        : [{ name: 'rate', limit, window: windowSeconds }],
    inspectedBody,
  };
}

function scopeRegion(scope: Construct): string | undefined {
  const { region } = Stack.of(scope);
  return Token.isUnresolved(region) ? undefined : region;
}

function checkOwnRules(scope: Construct, { rules = [] }: WebFirewallProps): void {
  for (const [index, { rule, capacity }] of rules.entries()) {
    if (Token.isUnresolved(rule.priority) || rule.priority < FIRST_OWN_PRIORITY) {
      throw new ConstructError(scope, {
        code: 'rule-before-baseline',
        message:
          'a rule of your own would judge before the baseline, and an allow there would open everything',
        prop: `rules[${index}].rule.priority`,
        found: String(rule.priority),
        expected: `${FIRST_OWN_PRIORITY} or more`,
        remedy: 'Give it a higher priority; to let a known client past the baseline, scope the rule down.',
      });
    }
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new ConstructError(scope, {
        code: 'capacity-unknown',
        message: 'the capacity of the list cannot be counted',
        prop: `rules[${index}].capacity`,
        found: String(capacity),
        expected: 'the WCU of the rule',
        remedy: 'Ask `aws wafv2 check-capacity`, or add up the rule statement reference.',
      });
    }
  }
}

const COUNTRY = /^[A-Z]{2}$/;
const ADDRESS =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}\/(?:[1-9]|[12]\d|3[0-2])|[0-9a-fA-F:]*:[0-9a-fA-F:.]*\/\d{1,3})$/;
const ANCHORED = /^\^/;

/** Lists of text that AWS would refuse late, or take in another sense than was meant. */
function checkPatterns(scope: Construct, props: WebFirewallProps): void {
  const lists = [
    {
      prop: 'allowedCountries',
      values: props.allowedCountries,
      pattern: COUNTRY,
      expected: 'two capital letters of ISO 3166, such as CH',
      remedy: 'Write the code of the country, not its name.',
    },
    {
      prop: 'blockedAddresses',
      values: props.blockedAddresses,
      pattern: ADDRESS,
      expected: 'a range with its prefix, such as 192.0.2.0/24',
      remedy: 'A single address ends with /32, or /128 for IPv6; /0 is not taken.',
    },
    {
      prop: 'browserChallenge.exempt',
      values: props.browserChallenge?.exempt,
      pattern: ANCHORED,
      expected: 'an expression that begins with ^',
      remedy: 'Anchor it: without that it exempts every path that holds the text anywhere.',
    },
  ];
  for (const { prop, values, pattern, expected, remedy } of lists) {
    if (values?.length === 0) {
      throw new ConstructError(scope, {
        code: 'empty-list',
        message: 'an empty list would block everything or mean nothing',
        prop,
        expected,
        remedy: 'Leave the prop out.',
      });
    }
    for (const [index, value] of (values ?? []).entries()) {
      if (Token.isUnresolved(value) || pattern.test(value)) continue;
      throw new ConstructError(scope, {
        code: 'malformed-value',
        message: 'the firewall would not take this as it is meant',
        prop: `${prop}[${index}]`,
        found: JSON.stringify(value),
        expected,
        remedy,
      });
    }
  }
}
