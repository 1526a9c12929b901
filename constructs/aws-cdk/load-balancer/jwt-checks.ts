import { createHash } from 'node:crypto';
import { type CfnListener, CfnListenerRule } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { substitute, type Template } from '../../../lib/plan/refs.js';
import { withRefs } from '../../../lib/plan/stand-ins.js';
import {
  compileJwtCheck,
  type JwtCheck,
  type JwtCheckRefusal,
  shownBy,
} from '../../../lib/policy/compile/load-balancer-jwt/index.js';
import type { Mesh } from '../mesh/index.js';
import { ConstructError } from '../support/error.js';
import type { LedIn } from './led-in.js';

/** Priorities that rules of a listener may have ("ListenerRule", 1 to 50,000). */
const PRIORITIES = 50_000;
/** Characters of a host in a condition ("Condition types for listener rules"). */
const MOST_HOST = 128;

export interface JwtChecksProps {
  readonly mesh: Mesh;
  readonly led: LedIn;
  readonly listener: CfnListener;
  /** The gateway: wherever a rule looks at a token, it leads here and nowhere else. */
  readonly targetGroupArn: string;
}

/** Services whose clients' tokens are looked at before the gateway, by name. */
export function checkedServices({ services }: LedIn): string[] {
  return Object.keys(services)
    .filter((name) => services[name]!.jwtCheck !== undefined)
    .sort();
}

/**
 * A rule of the listener for each service with a check: the token is looked at, and then the gateway judges as if it had not been.
 * Throws where the check would refuse what the model admits, with a request that shows it.
 */
export function jwtChecks(scope: Construct, props: JwtChecksProps): CfnListenerRule[] {
  const { mesh, led, listener, targetGroupArn } = props;
  const names = checkedServices(led);
  const priorities = prioritiesOf(names);
  return names.map((service) => {
    const host = mesh.plan.services[service]!.authority;
    const prop = `${led.propOf(service)}.jwtCheck`;
    checkHost(scope, host, prop);
    return new CfnListenerRule(scope, `Check-${service}`, {
      listenerArn: listener.ref,
      priority: priorities.get(service)!,
      conditions: [{ field: 'host-header', hostHeaderConfig: { values: [host] } }],
      actions: [
        {
          type: 'jwt-validation',
          order: 1,
          jwtValidationConfig: configOf(scope, service, { mesh, led, prop }),
        },
        { type: 'forward', order: 2, targetGroupArn },
      ],
    });
  });
}

function configOf(
  scope: Construct,
  service: string,
  { mesh, led, prop }: Pick<JwtChecksProps, 'mesh' | 'led'> & { readonly prop: string },
): CfnListenerRule.JwtValidationConfigProperty {
  const { plan } = mesh;
  // JavaScript may say `null`.
  checkFormat(scope, led.services[service]!.jwtCheck?.audience, prop);
  const { audience } = led.services[service]!.jwtCheck!;
  const { check, refusals } = compileJwtCheck({
    policy: plan.policy,
    service,
    jwksUris: Object.fromEntries(Object.entries(plan.issuers).map(([name, { jwksUri }]) => [name, jwksUri])),
    audience,
  });
  if (!check) throw tooStrict(scope, refusals, prop);
  return deployed(plan, check, mesh, service);
}

/** With the values of a directory that the same deployment makes. */
function deployed(
  plan: Plan,
  check: JwtCheck,
  mesh: Mesh,
  service: string,
): CfnListenerRule.JwtValidationConfigProperty {
  const template = withRefs(plan, check as unknown as Template);
  return substitute(template, mesh.directoryRefs([service])) as CfnListenerRule.JwtValidationConfigProperty;
}

function tooStrict(scope: Construct, refusals: readonly JwtCheckRefusal[], prop: string): ConstructError {
  const shown = refusals.flatMap((refusal) => shownBy(refusal) ?? []);
  return new ConstructError(scope, {
    code: 'jwt-check-too-strict',
    message: `the load balancer would refuse what the model admits: ${refusals
      .map(({ feature, why }) => `${feature}: ${why}`)
      .join('; ')}`,
    prop,
    ...(shown[0] !== undefined && { found: shown.join('; ') }),
    expected: 'clients with one RS256 token of one issuer and audience, and no others',
    remedy: `${refusals.map(({ remedy }) => remedy).join('; ')}.`,
  });
}

/**
 * From the service's name, so that no other service's coming or going changes it: CloudFormation would meet the number while
 * another rule still has it.
 */
function prioritiesOf(services: readonly string[]): ReadonlyMap<string, number> {
  const taken = new Map<number, string>();
  for (const service of services) {
    let priority = createHash('sha256').update(service).digest().readUInt32BE(0) % PRIORITIES;
    while (taken.has(priority)) priority = (priority + 1) % PRIORITIES;
    taken.set(priority, service);
  }
  return new Map([...taken].map(([priority, service]) => [service, priority + 1]));
}

/** Only a caller without types gives another. */
function checkFormat(scope: Construct, audience: string | undefined, prop: string): void {
  if (audience === 'single-string' || audience === 'string-array') return;
  throw new ConstructError(scope, {
    code: 'audience-format',
    message: 'the load balancer takes an audience in one format, and has to be told in which',
    prop: `${prop}.audience`,
    found: JSON.stringify(audience) ?? 'nothing',
    expected: 'single-string or string-array',
    remedy: 'Look into a token of the issuer: a text, or a list of texts.',
  });
}

function checkHost(scope: Construct, host: string, prop: string): void {
  if (host.length <= MOST_HOST) return;
  throw new ConstructError(scope, {
    code: 'host-too-long',
    message: 'a rule of a load balancer tells services apart by hosts, and this one is longer than it takes',
    prop,
    found: `${host.length} characters`,
    expected: `at most ${MOST_HOST} characters`,
    remedy: 'Leave the check out: the gateway looks at all of it.',
  });
}
