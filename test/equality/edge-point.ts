import { readFileSync } from 'node:fs';
import { type AuthorizerData, authorizerData } from '../../lambda/authorizer/data.js';
import { type FetchText, fetchText } from '../../lambda/authorizer/fetch-text.js';
import type { PointOptions } from '../../lambda/authorizer/point.js';
import type { DecisionLogEntry } from '../../lib/plan/decision-log.js';
import type { Plan } from '../../lib/plan/plan.js';
import { refsOf, type RefValues, type Template } from '../../lib/plan/refs.js';
import type { Outcome } from '../../lib/policy/decide.js';
import type { PolicyIndex } from '../../lib/policy/index-rules.js';
import type { Request } from '../../lib/policy/request.js';
import type { RevocationDocument } from '../../lib/policy/revocation.js';
import type { TestIssuer } from '../engines/support/issuer.js';
import type { Posed, World } from './world.js';

/** How a point of the authorizer's code is told of requests. */
export type EdgeForm = 'REST API' | 'HTTP API' | 'decision service';

export interface EdgeAnswer {
  /** Undefined if nothing came back. */
  readonly status: number | undefined;
  /** The line of the decision log; none where the HTTP server refused. */
  readonly line?: DecisionLogEntry;
}

/** The bundled authorizer, asked as whoever stands before it would ask. */
export interface EdgePoint {
  readonly form: EdgeForm;
  /** Deploy it anew, with this policy. */
  apply(plan: Plan, revocations: RevocationDocument): void;
  ask(posed: Posed): Promise<EdgeAnswer>;
  /** The same request as far as this point is told of it, and what it answers to each outcome. */
  seenBy(index: PolicyIndex, request: Request): Request;
  statusOf(outcome: Outcome): number;
  close(): Promise<void>;
}

export interface EdgeOptions {
  readonly issuers: readonly TestIssuer[];
  readonly world: World;
  /** Where the issuers' keys come from. @default at once, from memory */
  readonly keys?: FetchText;
  /** Whether the decision service is asked over a socket. */
  readonly overSockets: boolean;
  /** What becomes of the data before it is deployed. @default it stays as it is */
  readonly change?: (template: Template) => Template;
}

/** What a point is deployed with: the plan's data, with this document of revocations, and what only a deployment knows. */
export function deployed(
  plan: Plan,
  revocations: RevocationDocument,
): { template: Template; refs: RefValues } {
  const data = authorizerData(plan);
  const revocation: AuthorizerData['revocation'] = {
    ...data.revocation,
    store: { kind: 'none' },
    document: revocations,
  };
  const template = { ...data, decisions: 'all', revocation } as unknown as Template;
  return {
    template,
    refs: Object.fromEntries(refsOf(template).map((name) => [name, apiOf(name.split('/')[1] ?? '')])),
  };
}

/** No service has it: `.invalid` is reserved (RFC 6761). */
export const NO_AUTHORITY = 'none.invalid';

/** The id of the API before a service. */
export function apiOf(service: string): string {
  return `api${service}`;
}

/** Options of a point with a clock and a log of its own. */
export function pointOptions(
  { issuers, keys, change = (template) => template }: EdgeOptions,
  plan: Plan,
  revocations: RevocationDocument,
  { clock, write }: { readonly clock: () => number; readonly write: (line: string) => void },
): PointOptions {
  const { template, refs } = deployed(plan, revocations);
  return {
    template: change(template),
    refs,
    environment: {},
    clock,
    write,
    fetchText: keys ?? fromMemory(plan, issuers),
  };
}

const published = new WeakMap<TestIssuer, string>();

function fromMemory(plan: Plan, issuers: readonly TestIssuer[]): FetchText {
  return (url) => {
    const issuer = issuers.find(({ name }) => plan.issuers[name]?.jwksUri === url);
    if (!issuer) return Promise.reject(new Error(`nobody answers at ${url}`));
    const text = published.get(issuer) ?? JSON.stringify(issuer.jwks());
    published.set(issuer, text);
    return Promise.resolve({ status: 200, headers: {}, text });
  };
}

/** The real client, sent to a server on this machine that has every issuer's name. */
export function keysFrom(server: {
  readonly address: string;
  readonly port: number;
  readonly caPath: string;
}): FetchText {
  const ca = readFileSync(server.caPath, 'utf8');
  return (url, options) => {
    const { host, pathname } = new URL(url);
    const there = `https://${server.address}:${server.port}${pathname}`;
    return fetchText(there, { ...options, ca, headers: { ...options.headers, host } });
  };
}
