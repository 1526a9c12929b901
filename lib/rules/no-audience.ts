import { type Check, type Finding, finding } from './support/check.js';
import { type CheckContext, type LocatedPrincipal, userOf, userPath } from './support/context.js';

/** An allow for tokens that the service never accepts, because the issuer has no audience for it. */
export const noAudience: Check = {
  id: 'no-audience',
  severity: 'error',
  optOut: false,
  run: (context) => context.principals.flatMap((located) => audienceOf(located, context)),
};

function audienceOf(located: LocatedPrincipal, context: CheckContext): Finding[] {
  const { rule, principal, at } = located;
  const { service } = rule;
  const user = userOf(principal);
  // At a TCP service another check says that there are no tokens.
  if (rule.effect === 'deny' || context.model.services[service]?.protocol === 'tcp') return [];
  if (principal.kind === 'pipeline') {
    const { audiences } = context.pipelines.get(principal.pipeline) ?? {};
    if (!audiences || audiences[service] !== undefined) return [];
    return [missing([...at, 'pipeline'], `the pipeline "${principal.pipeline}"`, service)];
  }
  if (!user || context.accepted(user, service).length > 0) return [];
  const readable = [...context.providers].filter(([name, { accessToken }]) => {
    return accessToken !== 'opaque' && (user.issuer === undefined || user.issuer === name);
  });
  if (readable.length === 0) return [];
  const names = readable.map(([name]) => `"${name}"`).join(', ');
  return [missing(userPath(located), `the provider ${names}`, service)];
}

function missing(path: readonly (string | number)[], issuer: string, service: string): Finding {
  return finding(path, `${issuer} has no audience for "${service}"`, {
    remedy: `add "${service}" to its \`audiences\``,
  });
}
