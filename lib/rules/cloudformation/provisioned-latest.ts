import { type TemplateCheck, violation } from './support/check.js';
import { shown, text } from './support/read.js';

export const provisionedLatest: TemplateCheck = {
  id: 'provisioned-latest',
  severity: 'error',
  reason: 'Provisioned concurrency is of a published version: on $LATEST the deployment fails.',
  fix: 'Publish a version and let the alias name it (`currentVersion`).',
  types: ['AWS::Lambda::Alias'],
  run(alias, reading) {
    const version = text(reading.get(alias, 'FunctionVersion'));
    if (reading.get(alias, 'ProvisionedConcurrencyConfig') === undefined || version !== '$LATEST') return [];
    const expected = 'a published version';
    return [
      violation(['FunctionVersion'], 'no concurrency is kept for this', { found: shown(version), expected }),
    ];
  },
};
