import { Stack } from 'aws-cdk-lib';
import type { InterfaceVpcEndpointAwsService } from 'aws-cdk-lib/aws-ec2';
import type { IConstruct } from 'constructs';
import { ConstructError } from '../support/error.js';

/** How names of AWS's own services begin, by partition; what follows `vpce` is somebody's ("Share your services", AWS PrivateLink). */
const OF_AWS =
  /^(?:(?:cn\.)?com\.amazonaws|eu\.amazonaws|aws\.(?:api|sagemaker)|gov\.ic\.c2s|gov\.sgov\.sc2s|gov\.ic\.hci\.csp|uk\.adc-e\.cloud)(?:\.(?!vpce)[\w-]+)+$/i;

/** Throws for what is no service of AWS: an endpoint to a stranger's would be a way out for whoever is let to endpoints. */
export function checkService(
  scope: IConstruct,
  service: Partial<InterfaceVpcEndpointAwsService> | undefined,
): void {
  const isNamed = typeof service?.name === 'string' && typeof service.shortName === 'string';
  const name = isNamed ? nameOf(Stack.of(scope).resolve(service.name)) : undefined;
  if (name !== undefined && OF_AWS.test(name)) return;
  throw new ConstructError(scope, {
    code: 'no-aws-service',
    message: 'endpoints of the mesh lead to services of AWS alone',
    prop: 'service',
    found: name ?? (service === undefined || service === null ? 'nothing' : `a ${typeof service}`),
    expected: 'a service such as InterfaceVpcEndpointAwsService.SQS',
    remedy:
      "Give an endpoint to somebody's service a security group of its own, and open that to whom it concerns.",
  });
}

/** With a word for the region that CloudFormation fills in; whatever else it would fill in may be anything. */
function nameOf(resolved: unknown): string {
  if (typeof resolved === 'string') return resolved;
  const { 'Fn::Join': [, parts] = [] } = (resolved ?? {}) as { readonly 'Fn::Join'?: readonly unknown[] };
  return ([parts].flat() as unknown[])
    .map((part) => (typeof part === 'string' ? part : isRegion(part) ? 'region' : '?'))
    .join('');
}

function isRegion(part: unknown): boolean {
  return JSON.stringify(part) === '{"Ref":"AWS::Region"}';
}
