import { type TemplateCheck, violation } from './support/check.js';
import { at, shown, text } from './support/read.js';

export const snapStart: TemplateCheck = {
  id: 'snap-start',
  severity: 'error',
  reason:
    'SnapStart knows no Node.js: the deployment fails, and an authorizer that counted on it starts cold.',
  fix: 'Take `SnapStart` away, and give an alias of a published version provisioned concurrency.',
  types: ['AWS::Lambda::Function'],
  run(lambda, reading) {
    const runtime = text(reading.get(lambda, 'Runtime'));
    const apply = text(at(reading.get(lambda, 'SnapStart'), 'ApplyOn'));
    if (apply !== 'PublishedVersions' || typeof runtime !== 'string' || !/^nodejs/i.test(runtime)) return [];
    return [violation(['SnapStart'], 'there is no SnapStart for this runtime', { found: shown(runtime) })];
  },
};
