import type { Construct } from 'constructs';
import { KEY_TUNNEL } from '../../../lib/plan/names.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import type { MeshProps } from './props.js';

/** Throws for props that no mesh can be made from. */
export function checkMesh(scope: Construct, props: MeshProps): void {
  const { plan, authority, vpc, drainSeconds = 20, revocationOutageSeconds = 300 } = props;
  checkRange(scope, drainSeconds, {
    prop: 'drainSeconds',
    min: 1,
    max: 55,
    unit: 'seconds',
    remedy: 'Fargate gives a container 120 seconds to end, and both halves of the drain must fit.',
  });
  checkRange(scope, revocationOutageSeconds, {
    prop: 'revocationOutageSeconds',
    min: plan.revocation.withinSeconds,
    max: 86_400,
    unit: 'seconds',
    remedy:
      'Leave it out for five minutes; a shorter time than one look takes would close services at random.',
  });
  if (plan.engine !== 'aws' || authority.platform !== plan.trustDomain) {
    throw new ConstructError(scope, {
      code: 'other-platform',
      message: 'plan and authority are not of one platform on AWS',
      prop: plan.engine === 'aws' ? 'authority' : 'plan',
      found: plan.engine === 'aws' ? authority.platform : `the engine ${plan.engine}`,
      expected: plan.engine === 'aws' ? plan.trustDomain : "resolve(model, { engine: 'aws' })",
      remedy: 'Make both from the same plan.',
    });
  }
  if (Object.hasOwn(plan.services, KEY_TUNNEL)) {
    throw new ConstructError(scope, {
      code: 'reserved-name',
      message: 'a point of the platform has this name',
      prop: 'plan',
      found: KEY_TUNNEL,
      remedy: 'Rename the service.',
    });
  }
  if (vpc.privateSubnets.length + vpc.isolatedSubnets.length > 0) return;
  throw new ConstructError(scope, {
    code: 'no-private-subnets',
    message: 'tasks of the mesh have no public address, and this VPC has only public subnets',
    prop: 'vpc',
    found: `${vpc.publicSubnets.length} public subnets`,
    expected: 'private or isolated subnets',
    remedy: 'Add some; an imported VPC must be told of them (privateSubnetIds of fromVpcAttributes).',
  });
}

/** Throws unless an application can listen there. */
export function checkApplicationPort(scope: Construct, port: number, ports: readonly number[]): void {
  const remedy = 'Give the port on which the application listens.';
  checkRange(scope, port, { prop: 'applicationPort', min: 1, max: 65_535, unit: '(a TCP port)', remedy });
  if (!ports.includes(port)) return;
  throw new ConstructError(scope, {
    code: 'declares-sidecar-port',
    message: 'the port is a door of the sidecar',
    prop: 'applicationPort',
    found: String(port),
    remedy: 'Listen on another port, below 15000.',
  });
}
