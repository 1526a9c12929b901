import type { Construct } from 'constructs';
import type { Plan } from '../../../lib/plan/plan.js';
import { ConstructError } from '../support/error.js';
import { checkRange } from '../support/literal.js';
import { namedServices } from '../support/named-services.js';
import { checkServiceParts } from '../support/required.js';
import type { LoginOptions } from './props.js';

/** The services of a plan to which browsers sign in. */
export function loginServices({ gateway, services }: Plan): readonly string[] {
  return gateway.services.filter((name) => services[name]!.login !== undefined);
}

/** Throws unless the options are there exactly if browsers sign in, and for exactly the services where they do. */
export function checkLogins(scope: Construct, plan: Plan, options: LoginOptions | undefined): void {
  const wanted = loginServices(plan);
  const { missing, unknown } = namedServices(wanted, options);
  if (missing.length === 0 && unknown.length === 0) {
    checkServiceParts(scope, 'login.services', options?.services, 'certificate', 'clientSecret');
    return;
  }
  throw new ConstructError(scope, {
    code: missing.length > 0 ? 'login-without-edge' : 'unknown-service',
    message:
      missing.length > 0
        ? 'browsers sign in to a service, and nothing says by which certificate they come and what the secret of the client is'
        : 'the plan has no public service of this name to which browsers sign in',
    prop: 'login.services',
    found: (missing.length > 0 ? missing : unknown).join(', '),
    expected: wanted.join(', ') || 'no service: the model has no `login`',
    remedy: 'Give clientSecret and certificate of each service with `login` in the model, and of no other.',
  });
}

/** Throws for a way of browsers to a gateway that there is none of. */
export function checkNoLogin(scope: Construct, plan: Plan, options: LoginOptions | undefined): void {
  if (!options) return;
  throw new ConstructError(scope, {
    code: 'login-without-gateway',
    message: 'browsers sign in at the gateway, and there is to be none',
    prop: 'login',
    found: "gateway: 'none'",
    expected: `a gateway, for ${loginServices(plan).join(', ')}`,
    remedy: "Leave gateway: 'none' out, or `login`.",
  });
}

/** Throws for a rotation of what seals sessions that would never come. */
export function checkSealRotation(scope: Construct, { sealRotation }: LoginOptions): void {
  checkRange(scope, sealRotation?.toDays({ integral: false }) ?? 30, {
    prop: 'login.sealRotation',
    min: 1,
    max: 365,
    unit: 'days',
    remedy: 'Leave it out for 30 days.',
  });
}
