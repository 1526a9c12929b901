import { excerpt } from '../diagnostic.js';
import { elementPath } from '../model/element-path.js';
import { pipelineIssuerKey } from '../plan/names.js';
import { type Check, type Finding, finding } from './support/check.js';
import { type IssuerSource, issuerSources } from './support/issuer-sources.js';

/**
 * Two declarations of one `iss`, between which no token could choose. Pipelines share an issuer by
 * nature, and must then agree about it.
 */
export const issuerConflict: Check = {
  id: 'issuer-conflict',
  severity: 'error',
  optOut: false,
  run(context) {
    const found: Finding[] = [];
    const byIssuer = new Map<string, IssuerSource>();
    const byKey = new Map<string, IssuerSource>();
    for (const source of issuerSources(context)) {
      const { issuer, pipeline, path } = source;
      const report = (other: IssuerSource, why: string) =>
        found.push(
          finding([...path, 'issuer'], `${elementPath(other.path)} has ${why}`, {
            found: excerpt(issuer),
            remedy:
              'declare an issuer once, and name it in the rules; its pipelines agree about keys, algorithms and lives of tokens',
          }),
        );
      const same = byIssuer.get(issuer);
      const why = same && disagreement(same, source);
      if (same && why) report(same, why);
      if (same) continue;
      byIssuer.set(issuer, source);
      if (!pipeline) continue;
      // The key names the issuer in the plan, with `-` for what is neither letter nor digit.
      const key = pipelineIssuerKey(issuer);
      const alike = byKey.get(key);
      if (alike) report(alike, 'an issuer that differs in punctuation only');
      else byKey.set(key, source);
    }
    return found;
  },
};

function disagreement({ pipeline: a }: IssuerSource, { pipeline: b }: IssuerSource): string | undefined {
  if (!a || !b) return 'the same issuer';
  if (a.jwksUri !== b.jwksUri) return 'the same issuer and another `jwksUri`';
  if (a.maxTokenLifetimeSeconds !== b.maxTokenLifetimeSeconds) {
    return 'the same issuer and another `maxTokenLifetimeSeconds`';
  }
  const [ofA, ofB] = [a, b].map(({ algorithms }) => [...(algorithms ?? [])].sort().join());
  return ofA === ofB ? undefined : 'the same issuer and other algorithms';
}
