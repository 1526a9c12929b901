import { Refusal } from './refusal.js';

/** Who signed, as STS says. */
export interface CallerIdentity {
  readonly account: string;
  /** Without its path, which the ARN of a session does not carry. */
  readonly roleName: string;
  /** `AROA…` */
  readonly roleId: string;
  /** The session's name; of an ECS task, its id. */
  readonly session: string;
}

/**
 * The one document that STS answers `GetCallerIdentity` with. A general XML parser would take entities,
 * comments, second elements and other documents; this takes nothing else.
 */
const DOCUMENT =
  /^(?:<\?xml version="1\.0" encoding="(?:UTF|utf)-8"\?>)?\s*<GetCallerIdentityResponse xmlns="https:\/\/sts\.amazonaws\.com\/doc\/2011-06-15\/">\s*<GetCallerIdentityResult>\s*((?:<(?:Arn|UserId|Account)>[^<>&]{1,2048}<\/(?:Arn|UserId|Account)>\s*){3})<\/GetCallerIdentityResult>\s*<ResponseMetadata>\s*<RequestId>[A-Za-z0-9-]{1,64}<\/RequestId>\s*<\/ResponseMetadata>\s*<\/GetCallerIdentityResponse>\s*$/;

const ELEMENT = /<(Arn|UserId|Account)>([^<>&]+)<\/\1>/g;
const ARN = /^arn:aws[a-z-]*:sts::([0-9]{12}):assumed-role\/([\w+=,.@-]{1,64})\/([\w+=,.@-]{2,64})$/;
const USER_ID = /^(AROA[A-Z0-9]{12,124}):([\w+=,.@-]{2,64})$/;

/** Read the answer of STS. Throws `attestation-unavailable` for another document, `unproven-caller` for no role. */
export function parseCallerIdentity(text: string): CallerIdentity {
  const elements = new Map(
    [...(DOCUMENT.exec(text)?.[1] ?? '').matchAll(ELEMENT)].map(([, name, value]) => [name, value ?? '']),
  );
  if (elements.size !== 3) throw new Refusal('attestation-unavailable', 'STS answered another document');
  const [, account, roleName, session] = ARN.exec(elements.get('Arn') ?? '') ?? [];
  const [, roleId, sameSession] = USER_ID.exec(elements.get('UserId') ?? '') ?? [];
  if (account === undefined || roleName === undefined || session === undefined || roleId === undefined) {
    throw new Refusal('unproven-caller', 'the caller is not a session of a role');
  }
  if (elements.get('Account') !== account || sameSession !== session) {
    throw new Refusal('attestation-unavailable', 'the answer of STS contradicts itself');
  }
  return { account, roleName, roleId, session };
}
