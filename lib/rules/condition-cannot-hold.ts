import { excerpt } from '../diagnostic.js';
import type { Condition } from '../model/condition.js';
import type { Provider } from '../model/identity.js';
import { type Check, type Finding, finding } from './support/check.js';
import { type CheckContext, type LocatedPrincipal, userOf } from './support/context.js';

/** A condition that a principal of its rule can never meet: an allow that never admits, a deny that nothing lifts. */
export const conditionCannotHold: Check = {
  id: 'condition-cannot-hold',
  severity: 'error',
  optOut: false,
  run: (context) => context.principals.flatMap((located) => conditionsOf(located, context)),
};

function conditionsOf(located: LocatedPrincipal, context: CheckContext): Finding[] {
  const { rule, path, index } = located;
  const [key, conditions = []] = rule.effect === 'allow' ? ['when', rule.when] : ['unless', rule.unless];
  return conditions.flatMap((condition, at) => {
    const why = whyNot(condition, located, context);
    if (why === undefined) return [];
    const message = `for principals[${index}] this never holds: ${why}`;
    return [
      finding([...path, key, at], message, {
        found: excerpt(condition),
        remedy: 'take the condition away, or name principals for which it can hold',
      }),
    ];
  });
}

function whyNot(
  condition: Condition,
  { rule, principal }: LocatedPrincipal,
  context: CheckContext,
): string | undefined {
  if (condition.kind === 'sourceNetwork' || context.model.services[rule.service]?.protocol === 'tcp') {
    return undefined;
  }
  if (condition.kind === 'senderConstrained' && principal.kind === 'workload') {
    return 'a token is bound to the client, and a workload is not it';
  }
  const evidence = EVIDENCE[condition.kind];
  if (principal.kind === 'pipeline') return evidence && 'a pipeline is no person who signs in';
  // What lifts a deny is whatever token comes with the request, also a workload's or anyone's.
  const user = userOf(principal) ?? (rule.effect === 'deny' ? {} : undefined);
  if (!user) {
    return principal.kind === 'anyone'
      ? 'anyone may have no token; write `user()` for those who have one'
      : 'a workload that acts for itself has no token; write `.onBehalfOf(user())`';
  }
  if (!evidence) return undefined;
  const providers = context.accepted(user, rule.service);
  // No provider at all is another check's finding, but for a deny, which is right without one.
  if (providers.length === 0 && rule.effect === 'allow') return undefined;
  if (providers.some(([, provider]) => evidence.shownBy(provider))) return undefined;
  const names = providers.map(([name]) => `"${name}"`).join(', ') || 'no provider';
  return `${evidence.what} would have to come from ${names}, which does not show it`;
}

interface Evidence {
  readonly what: string;
  shownBy(provider: Provider): boolean;
}

/** What each condition about a person needs from the provider; the defaults are those of `Provider`. */
const EVIDENCE: Readonly<Partial<Record<Condition['kind'], Evidence>>> = {
  multiFactor: { what: 'a second factor', shownBy: ({ mfa }) => mfa !== 'none' },
  signedInWithin: {
    what: 'the time of the sign-in',
    shownBy: ({ authTimeClaim }) => authTimeClaim !== 'none',
  },
  compliantDevice: {
    what: 'the state of the device',
    shownBy: ({ device = 'none' }) => device !== 'none',
  },
};
