import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import { escape, page, PAGE_HEADERS } from './html.js';
import type { IssuerProfile } from './issuer.js';
import type { User, Users } from './users.js';

/** Bytes of the sign-in form. */
const MAX_FORM = 4096;

/** Where the sign-in page of one interaction is, below the issuer's own path. */
export const INTERACTION = /^\/interaction\/[A-Za-z0-9_-]+$/;

/**
 * The sign-in page of a browser: a user is chosen, no password is asked, and nobody is asked for
 * consent. Returns where the browser goes next, if the page was not the answer.
 */
export async function signIn(
  provider: Provider,
  issuer: IssuerProfile,
  users: Users,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<string | undefined> {
  const { prompt } = await provider.interactionDetails(request, response);
  if (prompt.name !== 'login') {
    return provider.interactionResult(request, response, { consent: {} }, { mergeWithLastSubmission: true });
  }
  if (request.method !== 'POST') {
    response.writeHead(200, PAGE_HEADERS).end(signInPage(issuer, users.at(issuer.name)));
    return undefined;
  }
  const form = await readForm(request);
  const name = form.get('username') ?? '';
  const user = users.find(issuer.name, name);
  if (!user) {
    response.writeHead(400, PAGE_HEADERS).end(signInPage(issuer, users.at(issuer.name), name));
    return undefined;
  }
  const amr = user.mfa && form.get('mfa') !== null ? ['pwd', 'mfa'] : ['pwd'];
  const result = { login: { accountId: name, amr }, consent: {} };
  return provider.interactionResult(request, response, result, { mergeWithLastSubmission: false });
}

function signInPage(
  issuer: IssuerProfile,
  users: readonly (readonly [string, User])[],
  unknown?: string,
): string {
  const options = users.map(([name, user]) => {
    const facts = [
      ...user.groups,
      user.mfa ? 'second factor' : '',
      user.device === 'compliant' ? 'compliant device' : '',
    ];
    const shown = facts.filter((fact) => fact !== '').join(', ');
    return `<option value="${escape(name)}">${escape(shown === '' ? name : `${name} (${shown})`)}</option>`;
  });
  const refusal =
    unknown === undefined
      ? ''
      : `<p role="alert">There is no user ${escape(JSON.stringify(unknown))} here.</p>`;
  return page(
    'Sign in, for development',
    `<p class="note">This provider stands in for ${escape(issuer.node.issuer)} on this machine. It asks for no
password: anybody who reaches it can be anybody.</p>
${refusal}<form method="post">
<label>User <select name="username">${options.join('')}</select></label>
<label><input type="checkbox" name="mfa" checked> with the second factor, if the user has one</label>
<button>Sign in</button>
</form>`,
  );
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_FORM) break;
  }
  return new URLSearchParams(text.slice(0, MAX_FORM));
}
