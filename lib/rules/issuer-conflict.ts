import { excerpt } from '../diagnostic.js';
import { type ElementPath, elementPath } from '../model/element-path.js';
import type { Pipeline } from '../model/identity.js';
import { pipelineIssuerKey } from '../plan/names.js';
import { type Check, type Finding, finding } from './support/check.js';
import type { CheckContext } from './support/context.js';

interface Source {
  readonly path: ElementPath;
  readonly issuer: string;
  readonly pipeline?: Pipeline;
}

/**
 * Two declarations of one `iss`, between which no token could choose. Pipelines share an issuer by
 * nature, and must then agree about it.
 */
export const issuerConflict: Check = {
  id: 'issuer-conflict',
  severity: 'error',
  optOut: false,
  run({ providers, pipelines }) {
    const found: Finding[] = [];
    const byIssuer = new Map<string, Source>();
    const byKey = new Map<string, Source>();
    for (const source of sourcesOf(providers, pipelines)) {
      const { issuer, pipeline, path } = source;
      const report = (other: Source, why: string) =>
        found.push(
          finding([...path, 'issuer'], `${elementPath(other.path)} has ${why}`, {
            found: excerpt(issuer),
            remedy:
              'declare an issuer once, and name it in the rules; its pipelines agree about keys and algorithms',
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

function sourcesOf(providers: CheckContext['providers'], pipelines: CheckContext['pipelines']): Source[] {
  return [
    ...[...providers].map(([name, { issuer }]) => ({ path: ['identity', 'providers', name], issuer })),
    ...[...pipelines].map(([name, pipeline]) => ({
      path: ['identity', 'pipelines', name],
      issuer: pipeline.issuer,
      pipeline,
    })),
  ];
}

function disagreement({ pipeline: a }: Source, { pipeline: b }: Source): string | undefined {
  if (!a || !b) return 'the same issuer';
  if (a.jwksUri !== b.jwksUri) return 'the same issuer and another `jwksUri`';
  const [ofA, ofB] = [a, b].map(({ algorithms }) => [...(algorithms ?? [])].sort().join());
  return ofA === ofB ? undefined : 'the same issuer and other algorithms';
}
