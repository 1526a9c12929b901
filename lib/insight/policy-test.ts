import { z } from 'zod';
import { type Diagnostic, excerpt, ZeroTrustError } from '../diagnostic.js';
import { elementPath, valueAt } from '../model/element-path.js';
import { suggestion } from '../model/suggest.js';
import type { Outcome } from '../policy/decide.js';
import type { JsonObject } from '../policy/request.js';
import { parseConnection } from './connection.js';

/** A user's token in the terms of the model; what is not said is not in the token. */
export interface TestUser {
  /** The name of the provider in the model. */
  readonly user: string;
  /** @default someone */
  readonly subject?: string;
  readonly groups?: readonly string[];
  readonly scopes?: readonly string[];
  /** Top-level claims, over whatever the other fields make. */
  readonly claims?: JsonObject;
  /** Signed in with more than one factor. */
  readonly mfa?: boolean;
  /** How long ago: `90s`, `15m`, `2h`. */
  readonly signedIn?: string;
  /** The token is bound to the certificate that the client shows (RFC 8705). */
  readonly bound?: boolean;
  /** The token is bound to a key, and comes with a DPoP proof of it (RFC 9449). */
  readonly proven?: boolean;
}

/** Whose token a request carries: `user:people` and `pipeline:deploy` for short, or `token`: its claims in whole. */
export type TestWho = string | TestUser | { readonly pipeline: string } | { readonly token: JsonObject };

/** One request, who makes it, and what is to be decided about it. */
export interface PolicyTest {
  /** @default the request, and who makes it */
  readonly name?: string;
  /** `GET https://orders.shop.example/orders/17`, byte for byte; a connection is `tcp://ledger`. */
  readonly request: string;
  /** @default nobody: no token */
  readonly who?: TestWho;
  /** The service whose workload calls the other's sidecar. @default a client, through the gateway */
  readonly peer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The address of the caller. @default 192.0.2.1, which is in no network (RFC 5737) */
  readonly from?: string;
  /** ISO 8601. @default that of the suite, or else now */
  readonly at?: string;
  /** What the first point that refuses decides, or else the first that admits. */
  readonly expect: Outcome;
  /**
   * The rule by which that point decides; `none` if there is to be none. Of what is admitted it is that of the point where the
   * connection of whoever calls ends: points behind it may find another rule first. @default not looked at
   */
  readonly rule?: string;
  /** The rule in audit that would admit it. @default not looked at */
  readonly wouldAllow?: string;
  /** The rule in audit that would refuse it. @default not looked at */
  readonly wouldRefuse?: string;
}

/** Tests of one model. */
export interface PolicyTestSuite {
  /** The model itself, or the path of its file from that of the tests. @default named at the command */
  readonly model?: unknown;
  /** ISO 8601: when the tests are. @default now */
  readonly at?: string;
  readonly tests: readonly PolicyTest[];
}

const OUTCOMES = [
  'allow',
  'preflight',
  'login',
  'nonCanonical',
  'invalidToken',
  'tokenRequired',
  'stepUp',
  'forbidden',
] as const satisfies readonly Outcome[];

const text = z.string().min(1);
const claims = z.record(z.string(), z.json());
const instant = text.refine((at) => /^\d{4}-\d{2}-\d{2}/.test(at) && !Number.isNaN(Date.parse(at)), {
  message: 'a time is ISO 8601: 2027-03-01T12:00:00Z',
});
const who = z.union([
  text.regex(/^(user|pipeline):./, { message: 'it is user:PROVIDER or pipeline:NAME' }),
  z.strictObject({
    user: text,
    subject: text.optional(),
    groups: z.array(text).optional(),
    scopes: z.array(text).optional(),
    claims: claims.optional(),
    mfa: z.boolean().optional(),
    signedIn: text
      .regex(/^\d{1,6}[smh]$/, { message: 'a duration is a number and s, m or h: 15m' })
      .optional(),
    bound: z.boolean().optional(),
    proven: z.boolean().optional(),
  }),
  z.strictObject({ pipeline: text }),
  z.strictObject({ token: claims }),
]);
const test = z.strictObject({
  name: text.optional(),
  request: text.refine((request) => /^\S+ https:\/\/[^/?#]*/.test(request) || parseConnection(request), {
    message: 'a request is `METHOD https://host/path`, a connection `tcp://service`',
  }),
  who: who.optional(),
  peer: text.optional(),
  headers: z.record(z.string(), z.string()).optional(),
  from: z.union([z.ipv4(), z.ipv6()], { message: 'an address is like 10.0.0.1 or fd00::1' }).optional(),
  at: instant.optional(),
  expect: z.enum(OUTCOMES),
  rule: text.optional(),
  wouldAllow: text.optional(),
  wouldRefuse: text.optional(),
});
const suite = z.strictObject({
  model: z.unknown().optional(),
  at: instant.optional(),
  tests: z.array(test).min(1),
});

/**
 * Tests from outside: a list of them, or a suite.
 *
 * Throws `ZeroTrustError` with `invalid-policy-tests`; its diagnostics name each element.
 */
export function parsePolicyTests(input: unknown): PolicyTestSuite {
  const bare = isModule(input) ? input.policyTests : input;
  const whole: unknown = Array.isArray(bare) ? { tests: bare } : bare;
  const result = suite.safeParse(whole);
  if (result.success) return result.data as PolicyTestSuite;
  const diagnostics = result.error.issues.flatMap((issue) => diagnosticsOf(issue, whole));
  throw new ZeroTrustError(
    'invalid-policy-tests',
    diagnostics[0]?.message ?? 'these are no tests',
    diagnostics,
  );
}

/** What a module of tests exports: the suite under a name of its own, since a bare `model` would be taken for one. */
export interface PolicyTestModule {
  readonly policyTests: PolicyTestSuite;
}

/** Tests in TypeScript, checked by its compiler: the default export of a module for `ztp test`. */
export function definePolicyTests(suite: PolicyTestSuite): PolicyTestModule {
  return { policyTests: suite };
}

function isModule(input: unknown): input is PolicyTestModule {
  return typeof input === 'object' && input !== null && Object.hasOwn(input, 'policyTests');
}

type Issue = z.core.$ZodIssue;

function diagnosticsOf(issue: Issue, root: unknown): Diagnostic[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, issue));
  if (issue.code === 'invalid_union') {
    // Of the forms of `who`, the one that was meant is the one that fails latest.
    const [deepest = []] = [...issue.errors].sort((a, b) => depth(b) - depth(a));
    if (depth(deepest) > 0 && deepest.length > 0) {
      return deepest.flatMap((inner) =>
        diagnosticsOf({ ...inner, path: [...issue.path, ...inner.path] }, root),
      );
    }
  }
  const found = valueAt(root, issue.path);
  const isMissing = found === undefined;
  return [
    {
      code: isMissing ? 'missing' : 'invalid-value',
      severity: 'error',
      path: elementPath(issue.path),
      message: isMissing ? 'this is missing' : messageOf(issue),
      ...(!isMissing && { found: excerpt(found) }),
      ...(issue.code === 'invalid_value' && { expected: issue.values.map(String).join(', ') }),
      ...(issue.code === 'invalid_type' && { expected: issue.expected }),
    },
  ];
}

function messageOf(issue: Issue): string {
  if (issue.code === 'invalid_value') return 'this is not one of the known values';
  return issue.code === 'invalid_type' ? 'this is of another type' : issue.message;
}

/** How much of a form fits: the elements in which it fails, and keys that it does not know. */
function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)));
}

function unknownKey(key: string, { path }: Issue): Diagnostic {
  const isTest = path[0] === 'tests' && path.length === 2;
  const known = Object.keys(isTest ? test.shape : suite.shape);
  const meant = suggestion(key, known);
  return {
    code: 'unknown-key',
    severity: 'error',
    path: elementPath([...path, key]),
    message: 'a policy test has no such element',
    ...(path.length < 3 && { expected: known.join(', ') }),
    remedy: meant === undefined ? `remove \`${key}\`` : `did you mean "${meant}"?`,
  };
}
