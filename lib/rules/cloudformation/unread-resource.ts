import { type TemplateCheck, type TemplateFinding, undecided } from './support/check.js';
import { isRecord } from './support/template.js';
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
    const transformed = /^(AWS::Serverless::|Fn::|Transform )|::MODULE$/.test(type) || isWritten(raw);
    const elsewhere =
      type === 'AWS::CloudFormation::StackSet' ||
      (type === 'AWS::CloudFormation::Stack' && !reading.deployment.nestedBy(resource));
    if (!transformed && !elsewhere) return [];
    const why = transformed ? `the transform of ${type}` : 'a template that is not here';
    return [{ ...undecided([], unknown(why), 'resources that are written out') }];
  },
};

/** Whether a transform or a loop stands anywhere in it: beside its type, in a property, in the description of an API. */
function isWritten(raw: unknown): boolean {
  if (Array.isArray(raw)) return raw.some(isWritten);
  if (!isRecord(raw)) return false;
  return Object.entries(raw).some(
    ([key, item]) => /^Fn::(?:Transform$|ForEach::)/.test(key) || isWritten(item),
  );
}
