import type { Template } from './template.js';

/**
 * Types whose logical ID follows their content, by the CDK's own design: the next content is another resource,
 * and nothing is kept in one.
 */
const CONTENT_ADDRESSED = ['AWS::ApiGateway::Deployment', 'AWS::Lambda::Version'];

/** Every resource of templates whose replacement would be noticed: `template logicalId type`, sorted. */
export function ledgerOf(templates: readonly Template[]): string[] {
  return templates
    .flatMap(({ name, resources }) =>
      Object.entries(resources)
        .filter(([, { Type }]) => !CONTENT_ADDRESSED.includes(Type))
        .map(([id, { Type }]) => `${name} ${id} ${Type}`),
    )
    .sort();
}
