import type { Verdict } from './authorizer.js';
import type { EdgeEvent } from './event.js';

/** What a REST API takes as an answer; an HTTP API too, for payload 1.0. */
export interface RestAnswer {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version: '2012-10-17';
    readonly Statement: readonly [
      { readonly Action: 'execute-api:Invoke'; readonly Effect: 'Allow' | 'Deny'; readonly Resource: string },
    ];
  };
  readonly context: AnswerContext;
}

/** The simple response of an HTTP API. */
export interface HttpAnswer {
  readonly isAuthorized: boolean;
  readonly context: AnswerContext;
}

/** For access logs and integrations; API Gateway takes strings, numbers and booleans. */
export type AnswerContext = Readonly<Record<string, string>>;

/** REST: by exactly this message API Gateway answers 401. */
const UNAUTHORIZED = 'Unauthorized';
/** By any other it answers 500, which the API maps to 503. */
const UNAVAILABLE = 'Unavailable';

/** No resource of any API: a refusal need not name what it refuses, where the name could be a pattern. */
const NOTHING = 'arn:aws:execute-api:::none';

/** What a context may hold: one line of printable ASCII; longer or other texts are left out, never cut. */
const PRINTABLE = /^[\x20-\x7e]{1,1024}$/;

/**
 * The answer to an event. Throws an `Error` with the message `Unauthorized` or `Unavailable` where only
 * that gives the status; nothing else.
 */
export function answerTo({ form, arn }: EdgeEvent, verdict: Verdict): RestAnswer | HttpAnswer {
  const { decision } = verdict;
  if (decision.outcome === 'unavailable') throw bare(UNAVAILABLE);
  const isAdmitted = decision.outcome === 'allow' || decision.outcome === 'preflight';
  const context = contextOf(verdict);
  if (form === 'http') return { isAuthorized: isAdmitted, context };
  if (!isAdmitted && decision.outcome !== 'forbidden' && decision.outcome !== 'nonCanonical') {
    throw bare(UNAUTHORIZED);
  }
  return {
    principalId: principalOf(verdict),
    policyDocument: {
      Version: '2012-10-17',
      Statement: [
        {
          Action: 'execute-api:Invoke',
          Effect: isAdmitted && arn !== undefined ? 'Allow' : 'Deny',
          Resource: arn ?? NOTHING,
        },
      ],
    },
    context,
  };
}

/** Who calls, for access logs: by the limits of the context, so that no subject writes a line of its own. */
function principalOf({ token }: Verdict): string {
  if (!token) return 'anyone';
  const subject = token.claims['sub'];
  return typeof subject === 'string' && PRINTABLE.test(subject) ? `${token.issuer}|${subject}` : token.issuer;
}

function contextOf({ decision, token }: Verdict): AnswerContext {
  const context: Record<string, string> = {};
  const add = (name: string, value: unknown) => {
    if (typeof value === 'string' && PRINTABLE.test(value)) context[name] = value;
  };
  add('subject', token?.claims['sub']);
  add('issuer', token?.issuer);
  add('service', decision.service);
  add('rule', decision.rule);
  add('reason', decision.reason);
  return context;
}

/** An error without a trace: it is an answer, and what it costs is paid by every refusal. */
function bare(message: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Error(message);
  Error.stackTraceLimit = limit;
  return error;
}
