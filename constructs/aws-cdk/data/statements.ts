/** What a policy allows, as a template has it. */
export interface Allowed {
  readonly actions: readonly unknown[];
  readonly resources: unknown;
  readonly principal: unknown;
}

interface Statement {
  readonly Effect?: unknown;
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Principal?: unknown;
}

/** Of a policy whose statements cannot be read, nothing is known: it is taken for one that allows whatever it says. */
export function allowedBy(document: unknown): Allowed[] {
  if (document === undefined) return [];
  const { Statement: statements } = (document ?? {}) as { readonly Statement?: unknown };
  if (statements === undefined) return [{ actions: ['*'], resources: document, principal: document }];
  return ([statements].flat() as Statement[])
    .filter(({ Effect }) => Effect !== 'Deny')
    .map((statement) => ({
      actions: [statement.Action ?? '*'].flat(),
      resources: statement.Resource ?? statement,
      // Without one that it names, it is for all but some.
      principal: statement.Principal ?? '*',
    }));
}
