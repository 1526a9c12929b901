import { z } from 'zod';
import {
  ATTESTED_BODY,
  ATTESTED_HEADERS,
  ATTESTED_METHOD,
  ATTESTED_PATH,
  type AttestedHeader,
  MAX_CSR_CHARACTERS,
  MAX_HEADER_CHARACTERS,
  MAX_REQUEST_CHARACTERS,
  type RegistrationRequest,
} from './protocol.js';
import { Refusal } from './refusal.js';

/** Visible ASCII and inner spaces: nothing that could end a header or be read as two. */
const HEADER = z
  .string()
  .max(MAX_HEADER_CHARACTERS)
  .regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/);

const HEADERS = z.strictObject(
  Object.fromEntries(ATTESTED_HEADERS.map((name) => [name, HEADER])) as Record<AttestedHeader, typeof HEADER>,
);

const REQUEST = z.strictObject({
  csr: z.string().max(MAX_CSR_CHARACTERS),
  attestation: z.strictObject({
    method: z.literal(ATTESTED_METHOD),
    path: z.literal(ATTESTED_PATH),
    body: z.literal(ATTESTED_BODY),
    headers: HEADERS,
  }),
});

/** The one form that a request has; a name more, less or in upper case is refused. */
export function parseRequest(event: unknown): RegistrationRequest {
  const text = JSON.stringify(event) ?? '';
  if (text.length > MAX_REQUEST_CHARACTERS) {
    throw new Refusal('malformed-request', `the request has ${text.length} characters`);
  }
  const { data, error } = REQUEST.safeParse(event);
  if (!data) {
    const places = error.issues.map(({ code, path }) => `${path.join('.')} ${code}`);
    throw new Refusal('malformed-request', places.join(', ').slice(0, 500));
  }
  return data;
}
