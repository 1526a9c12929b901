import type { IConstruct } from 'constructs';
import { ConstructError } from './error.js';

/** What a part of a service's options is. */
const PARTS = {
  certificate: 'a certificate of AWS Certificate Manager',
  clientSecret: 'a secret of AWS Secrets Manager',
} as const;

/** Throws for what whoever writes JavaScript left out. */
export function checkRequired(scope: IConstruct, prop: string, value: unknown, expected: string): void {
  if (value !== undefined && value !== null) return;
  throw new ConstructError(scope, {
    code: 'missing',
    message: 'this is missing',
    prop,
    found: 'nothing',
    expected,
    remedy: 'Give it.',
  });
}

/** The same for parts of what is given by service. */
export function checkServiceParts(
  scope: IConstruct,
  prop: string,
  services: Readonly<Record<string, unknown>> | undefined,
  ...parts: readonly (keyof typeof PARTS)[]
): void {
  for (const [service, given] of Object.entries(services ?? {})) {
    const found = (given ?? {}) as Readonly<Record<string, unknown>>;
    for (const part of parts) checkRequired(scope, `${prop}.${service}.${part}`, found[part], PARTS[part]);
  }
}
