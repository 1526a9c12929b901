import { statSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { codedError } from '../../lib/coded-error.js';
import { failure } from '../control.js';
import { checked, type Emit, readText } from '../part.js';

/** Claims that say what the token is; who it is for does not change them. */
const RESERVED: readonly string[] = [
  'iss',
  'sub',
  'aud',
  'client_id',
  'exp',
  'iat',
  'nbf',
  'jti',
  'cnf',
  'act',
];

const userSchema = z.strictObject({
  /** The `sub` of their tokens. @default the user's name */
  sub: z.string().min(1).optional(),
  groups: z.array(z.string().min(1)).default([]),
  /** Scopes that they may be given. @default any */
  scopes: z.array(z.string().regex(/^[!#-[\]-~]+$/)).optional(),
  /** Whether they have a second factor. */
  mfa: z.boolean().default(false),
  /**
   * The secret of their authenticator, in base32 (RFC 6238, as its apps take it): the sign-in page asks for a
   * code. @default a box on that page stands for the second factor
   */
  totp: z
    .string()
    .regex(/^[A-Z2-7]{16,128}$/)
    .optional(),
  device: z.enum(['compliant', 'unknown']).default('unknown'),
  /** Issuers that know them, by name. @default every issuer of users */
  issuers: z.array(z.string()).optional(),
  /** Further claims, at the top of the token. */
  claims: z
    .record(z.string(), z.json())
    .refine((claims) => RESERVED.every((name) => !Object.hasOwn(claims, name)), {
      message: `must not set ${RESERVED.join(', ')}`,
    })
    .default({}),
});

/** YAML or JSON: `users: { alice: { groups: [finance], mfa: true, device: compliant } }`. */
const usersSchema = z.strictObject({
  users: z.record(z.string().regex(/^[A-Za-z0-9_.@+-]{1,64}$/), userSchema),
});

export type User = z.output<typeof userSchema>;

/**
 * The people of a file, read again when it changes. An edit that is not valid is said and not taken;
 * the last good one stays.
 */
export class Users {
  #users = new Map<string, User>();
  #seen = '';

  constructor(
    /** @default nobody */
    readonly path: string | undefined,
    readonly emit: Emit,
  ) {
    if (path === undefined) return;
    this.#seen = version(path);
    this.#users = read(path);
  }

  find(issuer: string, name: string): User | undefined {
    this.#refresh();
    const user = this.#users.get(name);
    return user && isAt(user, issuer) ? user : undefined;
  }

  /** Everyone whom an issuer knows, by name. */
  at(issuer: string): [string, User][] {
    this.#refresh();
    return [...this.#users].filter(([, user]) => isAt(user, issuer));
  }

  #refresh(): void {
    if (this.path === undefined) return;
    const seen = version(this.path);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#users = read(this.path);
    } catch (error) {
      this.emit('users-rejected', failure(error));
    }
  }
}

function isAt(user: User, issuer: string): boolean {
  return user.issuers === undefined || user.issuers.includes(issuer);
}

function version(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : 'gone';
}

function read(path: string): Map<string, User> {
  const text = readText(path, 'invalid-users');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) {
    const { line, col: column } = lines.linePos(fault.pos[0]);
    throw codedError('invalid-users', path, 'the file is not YAML', {
      place: { file: path, line, column },
      found: fault.message.split(/ at line |\n/, 1)[0] ?? '',
      remedy: 'correct it at this place',
    });
  }
  return new Map(Object.entries(checked(document.toJS(), usersSchema, path, 'invalid-users', text).users));
}
