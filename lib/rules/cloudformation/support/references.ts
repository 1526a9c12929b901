import type { Export } from './exports.js';
import { parameter } from './parameters.js';
import { document, isMap } from './read.js';
import type { Reading } from './reading.js';
import { isRecord, type Resource, type Template } from './template.js';
import { Text, unknown, type Value } from './value.js';

/** What `Ref` is. */
export function reference(reading: Reading, template: Template, name: string): Value {
  if (name === 'AWS::NoValue') return undefined;
  const { account, region } = template.source;
  if (name === 'AWS::Region' && region !== undefined) return region;
  if (name === 'AWS::AccountId' && account !== undefined) return account;
  if (name.startsWith('AWS::')) return new Text([{ kind: 'pseudo', name }]);
  const resource = template.resources.get(name);
  if (!resource) return parameter(reading, template, name);
  return isMadeUp(resource) ? unknown(name) : new Text([{ kind: 'reference', resource }]);
}

/** What `Fn::GetAtt` is. */
export function attributeOf(
  reading: Reading,
  template: Template,
  logicalId: string,
  attribute: string,
): Value {
  const resource = template.resources.get(logicalId);
  const open = unknown(`${logicalId}.${attribute}`);
  if (!resource) return open;
  const nested = reading.deployment.nestedBy(resource);
  if (nested && attribute.startsWith('Outputs.')) {
    const output = nested.section('Outputs')[attribute.slice('Outputs.'.length)];
    if (!isRecord(output)) return open;
    return reading.unlessCircular(
      `${nested.name}:${attribute}`,
      () => reading.evaluate(nested, output['Value']),
      () => open,
    );
  }
  // The CDK's way to a key that is a token: JSON in a text, which a function of its own gives back as it is.
  if (resource.type === 'Custom::AWSCDKCfnJson' && attribute === 'Value') {
    const parsed = document(reading.get(resource, 'Value'));
    return isMap(parsed) ? parsed : open;
  }
  if (resource.type === 'Custom::CrossRegionExportReader') {
    const found = reading.deployment.readAcrossRegions(template, attribute);
    return imported(reading, template, `${logicalId}.${attribute}`, found);
  }
  if (resource.type === 'AWS::SSM::Parameter' && attribute === 'Value') return reading.get(resource, 'Value');
  return isMadeUp(resource, attribute) ? open : new Text([{ kind: 'reference', resource, attribute }]);
}

/** Whether a function, a template elsewhere or a provider of your own says what it is: then nothing is known of it. */
function isMadeUp({ type }: Resource, attribute = ''): boolean {
  return (
    !type.startsWith('AWS::') ||
    /^AWS::CloudFormation::(?:CustomResource|WaitCondition)$/.test(type) ||
    attribute.startsWith('Outputs.')
  );
}

/** What another stack hands on; each is looked at where it may be any of several. */
export function imported(reading: Reading, template: Template, why: string, found: readonly Export[]): Value {
  if (found.length === 0) return unknown(why);
  const one = found.length === 1 ? found[0]! : reading.world.choose(`${template.name}:${why}`, found);
  return reading.unlessCircular(
    `${one.template.name}:${why}`,
    () => reading.evaluate(one.template, one.value),
    () => unknown(`${why}, which leads back to itself`),
  );
}
