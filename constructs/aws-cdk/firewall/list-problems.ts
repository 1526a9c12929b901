import { Stack } from 'aws-cdk-lib';
import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { asMade } from '../support/as-made.js';
import { ConstructError } from '../support/error.js';
import { synthesizedProperties } from '../support/synthesized.js';
import { templateForm } from '../support/template-form.js';

/** What a false positive needs, and names of metrics: for the app to override. */
const TUNABLE = new Set(['RuleActionOverrides', 'ExcludedRules', 'Version', 'VisibilityConfig']);

/**
 * Gives what says, while the tree is validated, what an override took from a list: a rule, that it blocks, its place
 * before others, what it looks at, or what samples and logs must not show. Rules that only count are a prop, with a reason and an end.
 */
export function listProblems(firewall: Construct, acl: CfnWebACL): () => ConstructError[] {
  const { scope, defaultAction, associationConfig, dataProtectionConfig, rules } = acl;
  const made = asMade(acl, {
    Scope: scope,
    DefaultAction: defaultAction,
    AssociationConfig: associationConfig,
    DataProtectionConfig: dataProtectionConfig,
    Rules: rules,
  });
  return () => {
    const rendered = synthesizedProperties(acl);
    return Object.entries(made.properties).flatMap(([name, value]) => {
      const wanted = textsOf(Stack.of(acl).resolve(value));
      const found = textsOf(rendered[name]);
      const first = [...wanted.keys(), ...found.keys()].find((index) => wanted[index] !== found[index]);
      if (first === undefined) return [];
      return [changed(firewall, `${name} of ${acl.node.path}: ${found[first]}`, wanted[first])];
    });
  };
}

/** Of each rule what counts, or of the one value. */
function textsOf(value: unknown): string[] {
  // What an action is only its name says: `{ Block: {} }`.
  const isEmpty = (item: unknown) => JSON.stringify(item) === '{}';
  const text = JSON.stringify(value ?? null, (_, item: unknown) => (isEmpty(item) ? 'itself' : item));
  return (
    [templateForm(JSON.parse(text)) ?? []]
      .flat()
      .map((rule) => JSON.stringify(rule, (key, item: unknown) => (TUNABLE.has(key) ? undefined : item)))
      // Of some names an L1 has more than the first letter otherwise, such as `awsManagedRulesAntiDDoSRuleSet`.
      .map((rule) => rule.replaceAll(/"\w+":/g, (key) => key.toLowerCase()))
  );
}

function changed(firewall: Construct, found: string, expected = 'nothing'): ConstructError {
  return new ConstructError(firewall, {
    code: 'firewall-changed',
    message:
      'something takes a rule from the list, what it blocks, or what it hides of requests, or puts another rule before it',
    found: found.slice(0, 400),
    expected: expected.slice(0, 300),
    remedy:
      'Remove the override. Rules that count for a while are `countFirst`, further ones `rules`; of a managed group single rules may be overridden (RuleActionOverrides).',
  });
}
