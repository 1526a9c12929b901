import { type TemplateCheck, type TemplateFinding, undecided } from './support/check.js';
import { unknown } from './support/value.js';

export const unreadResource: TemplateCheck = {
  id: 'unread-resource',
  severity: 'warning',
  reason:
    'What a transform, macro, module or loop writes at deployment, and a nested stack whose template is elsewhere, no check has read.',
  fix: 'Check what comes out: `sam validate` and `aws cloudformation get-template --template-stage Processed`, then `ztp check --template` on it; or acknowledge it.',
  types: [],
  run(resource, reading): TemplateFinding[] {
    const { type, raw } = resource;
    const properties = raw['Properties'];
    const transformed =
      /^(AWS::Serverless::|Fn::|Transform )|::MODULE$/.test(type) ||
      (typeof properties === 'object' && properties !== null && 'Fn::Transform' in properties);
    const elsewhere =
      type === 'AWS::CloudFormation::StackSet' ||
      (type === 'AWS::CloudFormation::Stack' && !reading.deployment.nestedBy(resource));
    if (!transformed && !elsewhere) return [];
    const why = transformed ? `the transform of ${type}` : 'a template that is not here';
    return [{ ...undecided([], unknown(why), 'resources that are written out') }];
  },
};
