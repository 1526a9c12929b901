import type { Health } from './health.js';

/** A line that a metric is made from: its event, and the field that has the value. */
interface Logged<Value extends string> {
  readonly event: string;
  readonly value: Value;
}

/** How long ago the certificate in use was issued. Every point writes it every minute. */
export const CERTIFICATE: Logged<keyof NonNullable<Health['certificate']>> = {
  event: 'certificate',
  value: 'ageSeconds',
};

/** How long the gateway's certificate still holds, whenever it is read. */
export const EDGE_CERTIFICATE = { event: 'edge-certificate', value: 'daysLeft' } as const;

/** How long a certificate by which API Gateway says who it is still holds, each day. */
export const CLIENT_CERTIFICATE = { event: 'client-certificate', value: 'daysLeft' } as const;

/** How old what is revoked is, whenever it was not read; from the settings' bound on every service is closed. */
export const UNREAD_REVOCATIONS = {
  event: 'failed',
  code: 'revocations-unavailable',
  value: 'ageSeconds',
} as const;
