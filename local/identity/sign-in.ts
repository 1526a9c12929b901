import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { PAGE_HEADERS } from './html.js';
import type { IssuerProfile } from './issuer.js';
import type { OneTimeCodes } from './one-time-codes.js';
import { codePage, lockedPage, userPage } from './sign-in-pages.js';
import type { User, Users } from './users.js';

/** Bytes of the sign-in form. */
const MAX_FORM = 4096;

/** Where the sign-in page of one interaction is, below the issuer's own path. */
export const INTERACTION = /^\/interaction\/[A-Za-z0-9_-]+$/;

export interface SignInParts {
  readonly provider: Provider;
  readonly issuer: IssuerProfile;
  readonly users: Users;
  readonly codes: OneTimeCodes;
}

/**
 * The sign-in of a browser: a user is chosen and no password is asked; of someone with an authenticator its
 * code is. Nobody is asked for consent. Returns where the browser goes next, if a page was not the answer.
 */
export async function signIn(
  { provider, issuer, users, codes }: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string | undefined> {
  const { prompt, uid } = await provider.interactionDetails(request, response);
  if (prompt.name !== 'login') {
    return provider.interactionResult(request, response, { consent: {} }, { mergeWithLastSubmission: true });
  }
  const show = (status: number, text: string): undefined => {
    response.writeHead(status, PAGE_HEADERS).end(text);
  };
  if (request.method !== 'POST') return show(200, userPage(issuer, users.at(issuer.name)));
  const form = await readForm(request);
  const name = form.get('username') ?? '';
  const user = users.find(issuer.name, name);
  if (!user) return show(400, userPage(issuer, users.at(issuer.name), name));
  const wantsFactor = user.mfa && form.get('mfa') !== null;
  if (wantsFactor && user.totp !== undefined) {
    const code = form.get('code');
    if (code === null) return show(200, codePage(issuer, name));
    const now = Math.floor(Date.now() / 1000);
    const verdict = codes.take({ user: name, secret: user.totp, signIn: uid, now }, code);
    if (verdict === 'locked') return show(429, lockedPage());
    if (verdict === 'wrong') return show(400, codePage(issuer, name, 'wrong'));
  }
  const result = { login: { accountId: name, amr: factors(user, wantsFactor) }, consent: {} };
  return provider.interactionResult(request, response, result, { mergeWithLastSubmission: false });
}

function factors({ totp }: User, isStrong: boolean): string[] {
  if (!isStrong) return ['pwd'];
  return totp === undefined ? ['pwd', 'mfa'] : ['pwd', 'otp', 'mfa'];
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_FORM) break;
  }
  return new URLSearchParams(text.slice(0, MAX_FORM));
}
