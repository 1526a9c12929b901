import { serviceHost } from './hosts.js';
import { ORIGIN } from './origin.js';

/** What a client of an AWS service is made with. */
export interface ServiceEndpoint {
  readonly region: string;
  readonly endpoint: string;
  /** Attempts of one call, the first included. */
  readonly maxAttempts: number;
}

/**
 * The endpoint of a service in the region that a function runs in. Given in code, it goes before every
 * setting of the SDK, `AWS_ENDPOINT_URL` above all.
 */
export function serviceEndpoint(service: string, region: string, origin = ORIGIN): ServiceEndpoint {
  return { region, endpoint: origin ?? `https://${serviceHost(service, region)}`, maxAttempts: 3 };
}

const FUNCTION = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):([0-9]{12}):function:/;

export interface Whereabouts {
  readonly region: string;
  readonly account: string;
}

/** The region and account that a function runs in, as Lambda says with each invocation. */
export function whereabouts(invokedFunctionArn: string): Whereabouts {
  const [, region, account] = FUNCTION.exec(invokedFunctionArn) ?? [];
  if (region === undefined || account === undefined) {
    throw new TypeError("the function's ARN does not have its form");
  }
  return { region, account };
}
