import { covers } from '../../../lib/rules/cloudformation/support/policy.js';

/** What a policy allows, as a template has it. */
export interface Allowed {
  readonly actions: readonly unknown[];
  /** All but these. */
  readonly notActions: readonly unknown[];
  readonly resources: unknown;
  /** All but these, where it names none. */
  readonly notResources: unknown;
  readonly principal: unknown;
}

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly NotAction?: unknown;
  readonly Resource?: unknown;
  readonly NotResource?: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}

/** Of a policy whose statements cannot be read, nothing is known: it is taken for one that allows whatever it says. */
export function allowedBy(document: unknown): Allowed[] {
  if (document === undefined) return [];
  const statements = statementsOf(document);
  if (statements === undefined)
    return [
      {
        actions: ['*'],
        notActions: [],
        resources: document,
        notResources: undefined,
        principal: document,
      },
    ];
  return statements
    .filter(({ Effect }) => Effect !== 'Deny')
    .map((statement) => ({
      actions: [statement.Action ?? '*'].flat(),
      notActions: [statement.NotAction ?? []].flat(),
      resources: statement.Resource ?? statement,
      notResources: statement.Resource === undefined ? statement.NotResource : undefined,
      // Without one that it names, it is for all but some.
      principal: statement.Principal ?? '*',
    }));
}

/** Actions that a policy denies of everything, always. */
export function deniedBy(document: unknown): string[] {
  return (statementsOf(document) ?? [])
    .filter(({ Effect, Condition }) => Effect === 'Deny' && Condition === undefined)
    .filter(({ Resource }) => [Resource].flat().includes('*'))
    .flatMap(({ Action }) => [Action].flat())
    .filter((action) => typeof action === 'string');
}

/** Whether what is allowed has this action in it. */
export function hasAction(
  { actions, notActions }: Pick<Allowed, 'actions' | 'notActions'>,
  action: string,
): boolean {
  return (
    actions.some((pattern) => typeof pattern !== 'string' || isActionIn(pattern, action)) &&
    !notActions.some((pattern) => typeof pattern === 'string' && isActionIn(pattern, action))
  );
}

/** IAM does not tell cases of actions apart. */
export function isActionIn(pattern: string, action: string): boolean {
  return covers(pattern.toLowerCase(), action.toLowerCase());
}

function statementsOf(document: unknown): Statement[] | undefined {
  const { Statement: statements } = (document ?? {}) as { readonly Statement?: unknown };
  return statements === undefined ? undefined : ([statements].flat() as Statement[]);
}
