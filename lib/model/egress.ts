import type { Audit, HttpOperation } from './access.js';

/** Where a call leaves the platform to: `https://` and a public host name, with a port if it is not 443. */
export type Destination = `https://${string}`;

/** The workload of a service, which acts for itself. */
export interface EgressPrincipal<Service extends string = string> {
  readonly kind: 'workload';
  readonly service: Service;
}

/**
 * Calls that may leave the platform. There is no deny: what no rule names stays inside.
 */
export interface EgressRule<Service extends string = string> {
  readonly effect: 'allow';
  /** Alternatives. */
  readonly principals: readonly EgressPrincipal<Service>[];
  readonly destination: Destination;
  /** @default every method and path */
  readonly operations?: readonly HttpOperation[];
  /** A name for logs and emergency denies. @default the destination's host and a hash of the rule's content */
  readonly name?: string;
  /** @default the rule is enforced */
  readonly audit?: Audit;
  /** ISO 8601 instant from which the rule admits nothing, without a deployment. @default it never ends */
  readonly until?: string;
}

/** An egress rule being written; a rule like any other in `egress`. */
export class AllowOutBuilder<Service extends string> {
  constructor(readonly rule: EgressRule<Service>) {}

  /** As JSON it is its rule. */
  toJSON(): EgressRule<Service> {
    return this.rule;
  }

  /** Name the rule for logs and emergency denies. */
  named(name: string): AllowOutBuilder<Service> {
    return new AllowOutBuilder({ ...this.rule, name });
  }

  /** Only log what the rule would have admitted, until the date. */
  audited(audit: Audit): AllowOutBuilder<Service> {
    return new AllowOutBuilder({ ...this.rule, audit });
  }

  /** Admit until this instant, and nothing from then on. */
  until(instant: string): AllowOutBuilder<Service> {
    return new AllowOutBuilder({ ...this.rule, until: instant });
  }
}

/** An egress rule as plain data, or as its builder leaves it. */
export type EgressRuleLike<Service extends string = string> = EgressRule<Service> | AllowOutBuilder<Service>;

/** Calls that leave the platform. @default nothing may leave */
export type Egress<Service extends string = string> = readonly EgressRuleLike<Service>[];

/**
 * Let these workloads call a host outside:
 * `allowOut(workload('payments')).to('https://api.stripe.example', 'POST /v1/charges')`.
 */
export function allowOut<const Service extends string>(
  // A stranger is shown no user: `onBehalfOf` says nothing here.
  ...principals: readonly (EgressPrincipal<Service> & { readonly forUser?: undefined })[]
) {
  return {
    to: (destination: Destination, ...operations: readonly HttpOperation[]) =>
      new AllowOutBuilder<Service>({
        effect: 'allow',
        principals,
        destination,
        ...(operations.length > 0 && { operations }),
      }),
  };
}

/** The plain data of an egress rule. Goes by shape, as `ruleOf` does. */
export function egressRuleOf(rule: EgressRuleLike): EgressRule {
  return 'rule' in rule ? rule.rule : rule;
}
