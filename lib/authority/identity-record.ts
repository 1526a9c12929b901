import { z } from 'zod';
import { AuthorityError } from './error.js';
import { jsonValue } from './json.js';

/**
 * Who may have which identity on AWS: one role, one service. Written where the workload is deployed,
 * read by the registration authority.
 */
export interface IdentityRecord {
  /** The account of the role, 12 digits. */
  readonly account: string;
  readonly roleName: string;
  /** IAM's unique id of the role (`AROA…`): a role that is deleted and made again has another. */
  readonly roleId: string;
  /** The point's key in the plan, such as `services/orders/sidecar`. */
  readonly point: string;
}

const RECORD = z.strictObject({
  account: z.string().regex(/^[0-9]{12}$/),
  roleName: z.string().regex(/^[\w+=,.@-]{1,64}$/),
  roleId: z.string().regex(/^AROA[A-Z0-9]{12,124}$/),
  point: z.string().regex(/^[a-z][a-z0-9/-]{0,80}$/),
});

/** The path of every record of a platform. `platform` is its trust domain. */
export function identityRecords(platform: string): string {
  return `/zero-trust/${platform}/identities`;
}

/** The path of a role's records: one under it is the role's identity, none or more is nobody's. */
export function recordsOfRole(platform: string, roleId: string): string {
  return `${identityRecords(platform)}/${roleId}`;
}

/** The name of one record. */
export function identityRecordName(platform: string, roleId: string, service: string): string {
  return `${recordsOfRole(platform, roleId)}/${service}`;
}

/** Read a record. Throws `malformed-record` for anything that `join` would not have written. */
export function parseIdentityRecord(text: string): IdentityRecord {
  const { data } = RECORD.safeParse(jsonValue(text));
  if (!data) throw new AuthorityError('malformed-record', 'the identity record does not have its form');
  return data;
}
