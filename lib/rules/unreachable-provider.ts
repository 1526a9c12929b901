import { type Check, finding } from './support/check.js';
import { userOf } from './support/context.js';

/** A provider or pipeline that no allow can be satisfied by: every point would fetch its keys for nothing. */
export const unreachableProvider: Check = {
  id: 'unreachable-provider',
  severity: 'warning',
  optOut: true,
  run({ principals, providers, pipelines, accepted }) {
    const reached = new Set<string>();
    const used = new Set<string>();
    for (const { rule, principal } of principals) {
      if (rule.effect === 'deny') continue;
      if (principal.kind === 'pipeline') used.add(principal.pipeline);
      const user = userOf(principal);
      if (!user || (user.issuer === undefined && reached.size === providers.size)) continue;
      for (const [name] of accepted(user, rule.service)) reached.add(name);
    }
    return [
      ...[...providers.keys()]
        .filter((name) => !reached.has(name))
        .map((name) =>
          finding(['identity', 'providers', name], 'no rule can admit its users', {
            remedy: 'remove it, or allow something to its users',
          }),
        ),
      ...[...pipelines.keys()]
        .filter((name) => !used.has(name))
        .map((name) =>
          finding(['identity', 'pipelines', name], 'no rule admits the pipeline', {
            remedy: `remove it, or allow something to \`pipeline('${name}')\``,
          }),
        ),
    ];
  },
};
