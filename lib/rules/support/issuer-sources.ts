import type { ElementPath } from '../../model/element-path.js';
import type { Pipeline } from '../../model/identity.js';
import type { CheckContext } from './context.js';

/** Where a model declares an issuer of tokens. */
export interface IssuerSource {
  readonly path: ElementPath;
  readonly issuer: string;
  readonly jwksUri: string;
  readonly pipeline?: Pipeline;
}

/** Every declaration of an issuer: of the providers, then of the pipelines, in the order of the model. */
export function issuerSources({ pipelines, providers }: CheckContext): IssuerSource[] {
  return [
    ...[...providers].map(([name, { issuer, jwksUri }]) => ({
      path: ['identity', 'providers', name],
      issuer,
      jwksUri,
    })),
    ...[...pipelines].map(([name, pipeline]) => ({
      path: ['identity', 'pipelines', name],
      issuer: pipeline.issuer,
      jwksUri: pipeline.jwksUri,
      pipeline,
    })),
  ];
}
