import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from '../../../examples/shop/demo/browser.js';
import { STATUS } from '../../../lib/policy/decide.js';
import type { HeaderLine } from '../../../lib/policy/index.js';
import { SESSION_COOKIE } from '../../../lib/policy/login.js';
import { loginSecrets, renewSessionSecret } from '../../../local/login-secrets.js';
import { faultOfLine } from '../support/decision-log.js';
import { eventually } from '../../local/temporary.js';
import { BOOKS, cookieOf, DESK, Desk, PROVIDER, SHOP, tokenOf } from './desk.js';
import { requests } from './random.js';
import { type LoginRow, NAVIGATION, ROWS } from './rows.js';

let folder: string;
let desk: Desk;
let alice: Browser;
let token: string;
/** Of `books`. */
let elsewhere: Browser;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ztp-login-'));
  desk = await Desk.start(folder);
  const first = await desk.signedIn('alice', DESK, '/tickets/7?x=1');
  alice = first.browser;
  token = tokenOf(first.page);
  elsewhere = (await desk.signedIn('bob', BOOKS)).browser;
});
afterAll(async () => {
  await desk?.platform.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** With a letter of its signature changed. */
function forged(compact: string): string {
  const at = compact.lastIndexOf('.') + 10;
  return `${compact.slice(0, at)}${compact[at] === 'A' ? 'B' : 'A'}${compact.slice(at + 1)}`;
}

function headersOf({ headers = [], session, bearer }: LoginRow): HeaderLine[] {
  const own = cookieOf(alice, DESK);
  const cookies = {
    own,
    stolen: cookieOf(elsewhere, BOOKS),
    broken: own.replace(
      /(__Host-ztp-token=gcm\.)(.)/,
      (_, head: string, letter: string) => head + (letter === 'A' ? 'B' : 'A'),
    ),
  };
  return [
    ...headers,
    ...(session ? [['cookie', `theme=dark; ${cookies[session]}`] as const] : []),
    ...(bearer ? [['authorization', `Bearer ${bearer === 'good' ? token : forged(token)}`] as const] : []),
  ];
}

/** What the reference says of a request, and what the gateway answers. */
async function both(row: LoginRow): Promise<readonly [wanted: string, answered: string]> {
  const { method = 'GET', host = DESK, path, session } = row;
  const headers = headersOf(row);
  const url = `https://${host}${path}`;
  // The cookies of `own` are a session of one host, those of `stolen` of the other.
  const { outcome } = desk.wanted(method, url, headers, token, session === 'own' && host === DESK);
  const { status, headers: got } = await desk.send(method, url, headers);
  // A way that leads out of here leads to the provider alone.
  if (status === 302) expect([host, PROVIDER]).toContain(new URL(got.location ?? '', url).hostname);
  // A way back without its cookies is the login's, and spoilt.
  const isSpoilt = outcome === 'login' && path.startsWith('/.ztp/callback');
  const expected = outcome === 'allow' ? 200 : isSpoilt ? 401 : STATUS[outcome];
  return [`${outcome} ${expected}`, `${outcome} ${status}`];
}

test.each(ROWS.map((row) => [row.title, row] as const))(
  '%s: the gateway answers what `decide` says',
  async (_, row) => {
    const [wanted, answered] = await both(row);
    expect(answered).toBe(wanted);
  },
);

test('so it does for random requests', async () => {
  const seed = Number(process.env['SEED'] ?? 20261129);
  const told = new Set<string>();
  for (const row of fc.sample(requests, { seed, numRuns: Number(process.env['RUNS'] ?? 150) })) {
    if (row.session === 'stolen' && row.host === BOOKS) continue;
    const [wanted, answered] = await both(row);
    expect({ seed, row, answered }).toEqual({ seed, row, answered: wanted });
    told.add(wanted);
  }
  for (const outcome of [
    'allow 200',
    'forbidden 403',
    'invalidToken 401',
    'login 302',
    'tokenRequired 401',
  ]) {
    expect(told).toContain(outcome);
  }
});

describe('a sign-in', () => {
  test('ends at the page where it began, by the provider and with both factors', async () => {
    const { page } = await desk.signedIn('alice', DESK, '/tickets/7?x=1');
    const ways = page.way.map(([status, url]) => `${status} ${new URL(url).host}${new URL(url).pathname}`);
    expect(page).toMatchObject({ status: 200, url: `https://${DESK}/tickets/7?x=1` });
    expect(ways.slice(-3)).toEqual([
      `302 ${DESK}/.ztp/callback`,
      `302 ${DESK}/.ztp/sign-in/tickets/7`,
      `200 ${DESK}/tickets/7`,
    ]);
    const claims = JSON.parse(
      Buffer.from(tokenOf(page).split('.')[1] ?? '', 'base64url').toString(),
    ) as object;
    expect(claims).toMatchObject({
      sub: 'alice',
      aud: `https://${DESK}`,
      amr: ['pwd', 'mfa'],
      client_id: 'desk-browser',
    });
  });

  test('of the root ends at the root', async () => {
    const { page } = await desk.signedIn('bob', BOOKS, '/?a=b');
    expect(page).toMatchObject({ status: 200, url: `https://${BOOKS}/` });
  });

  test('its cookies are of the very host, over TLS, and no script reads them', () => {
    const own = alice.set.filter((line) => line.includes('ztp-') && !line.includes('=deleted'));
    expect(own.length).toBeGreaterThan(6);
    for (const line of own) {
      expect(line).toMatch(/^__Host-ztp-/);
      const attributes = line.toLowerCase().split(/; ?/).slice(1);
      expect(attributes).toEqual(expect.arrayContaining(['secure', 'httponly', 'path=/', 'samesite=lax']));
      expect(attributes.some((attribute) => attribute.startsWith('domain'))).toBe(false);
    }
    // By AES-GCM, and not by the default.
    expect(own.filter((line) => /^__Host-ztp-(token|id|verifier)/.test(line))).toEqual(
      own.filter((line) => /^__Host-ztp-(token|id|verifier)[^=]*=gcm\./.test(line)),
    );
    // What is in them nobody reads, and no refresh token is among them.
    expect(cookieOf(alice, DESK)).not.toContain(token.split('.')[1]);
    expect(alice.names(DESK)).toEqual(
      ['expires', 'id', 'seal', 'token'].map((name) => `${SESSION_COOKIE}${name}`),
    );
  });

  test('its cookies reach nobody behind the gateway, and the application keeps its own', async () => {
    for (const extra of [[], [['authorization', `Bearer ${token}`]]] as const) {
      const cookies = cookieOf(alice, DESK);
      const lines = [['cookie', `a=1; ${cookies}; b=2`], ['cookie', 'c=3'], ...extra] as const;
      const { status, body } = await desk.send('GET', `https://${DESK}/tickets`, lines);
      expect(status).toBe(200);
      const { headers } = JSON.parse(body) as { headers: [string, string][] };
      const kept = headers.flatMap(([name, value]) => (name === 'cookie' ? value.split('; ') : []));
      expect(kept.sort()).toEqual(['a=1', 'b=2', 'c=3']);
      expect(body).not.toMatch(/ztp-|oauth/);
    }
    const { body } = await desk.send('GET', `https://${DESK}/`, [['cookie', cookieOf(elsewhere, BOOKS)]]);
    expect(body).not.toMatch(/ztp-|oauth|"cookie"/);
  });
});

test('a token that is too long for one cookie is in several, none of which is passed on, and a sign-out takes them all', async () => {
  const { browser, page } = await desk.signedIn('carla', DESK, '/tickets');
  expect(page).toMatchObject({ status: 200, url: `https://${DESK}/tickets` });
  expect(tokenOf(page).length).toBeGreaterThan(5000);
  const parts = browser.names(DESK).filter((name) => name.includes('token'));
  expect(parts.length).toBeGreaterThan(2);
  for (const line of browser.set.filter((set) => set.startsWith(SESSION_COOKIE)))
    expect(line.length).toBeLessThan(4096);
  const { status, body } = await desk.send('GET', `https://${DESK}/tickets`, [
    ['cookie', cookieOf(browser, DESK)],
  ]);
  expect(status).toBe(200);
  expect(body).not.toMatch(/ztp-|oauth|"cookie"/);
  await browser.visit(`https://${DESK}/.ztp/sign-out`);
  expect(browser.names(DESK)).toEqual([]);
});

describe('a way back', () => {
  test('without the cookies of the sign-in, or to another host, is 401', async () => {
    const browser = desk.browser();
    await desk.signIn(browser, 'bob', `https://${DESK}/.ztp/sign-in/tickets`);
    // Signed in at the provider: from the next sign-in on nobody is asked.
    for (const name of browser.names(DESK)) browser.cookies.get(DESK)?.delete(name);
    const started = await browser.visit(`https://${DESK}/.ztp/sign-in/tickets`, { redirects: 0 });
    const asked = await browser.visit(new URL(started.headers.location ?? '').href, { redirects: 0 });
    const back = new URL(asked.headers.location ?? '');
    expect(`${back.origin}${back.pathname}`).toBe(`https://${DESK}/.ztp/callback`);
    const cookie = ['cookie', cookieOf(browser, DESK)] as const;

    const bare = await desk.send('GET', back.href, NAVIGATION);
    expect(bare).toMatchObject({
      status: 401,
      body: 'sign-in failed',
      headers: expect.not.objectContaining({ location: expect.anything() }),
    });
    const state = JSON.parse(
      Buffer.from(back.searchParams.get('state') ?? '', 'base64url').toString(),
    ) as object;
    const evil = { ...state, url: 'https://evil.example/' };
    const led = new URL(back);
    led.searchParams.set('state', Buffer.from(JSON.stringify(evil)).toString('base64url'));
    const elsewhere = await desk.send('GET', led.href, [...NAVIGATION, cookie]);
    expect(elsewhere.status).toBe(401);
    expect(elsewhere.headers.location).toBeUndefined();
    const another = await desk.send(
      'GET',
      `https://${DESK}/.ztp/callback?code=stolen&state=${back.searchParams.get('state')}`,
      [...NAVIGATION, cookie],
    );
    expect(another.status).not.toBe(302);
    expect(another.headers['set-cookie']?.join() ?? '').not.toContain('ztp-token=gcm');
  });
});

describe('the provider', () => {
  const query = (over: Readonly<Record<string, string | undefined>> = {}) => {
    const all = {
      client_id: 'desk-browser',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `https://${DESK}/.ztp/callback`,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
      ...over,
    };
    const given = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    );
    return `https://${PROVIDER}/authorize?${new URLSearchParams(given as [string, string][]).toString()}`;
  };

  test('takes no sign-in without PKCE by S256, and sends nobody to another address', async () => {
    const asked = async (over: object) => {
      const { status, headers, body } = await desk.send('GET', query(over as never));
      return `${status} ${new URL(headers.location ?? '', `https://${PROVIDER}`).searchParams.get('error') ?? body.includes('error')}`;
    };
    expect(await asked({})).toBe('303 false');
    expect(await asked({ code_challenge: undefined, code_challenge_method: undefined })).toBe(
      '303 invalid_request',
    );
    expect(await asked({ code_challenge_method: 'plain' })).toBe('303 invalid_request');
    for (const uri of [
      `https://${DESK}/.ztp/callback/`,
      `https://${DESK}/`,
      `https://${BOOKS}/.ztp/callback`,
      'https://evil.example/.ztp/callback',
    ]) {
      expect((await desk.send('GET', query({ redirect_uri: uri }))).status).toBe(400);
    }
  });
});

describe('what ends a session', () => {
  test('a sign-out: the cookies go, and the provider asks again who it is', async () => {
    const { browser } = await desk.signedIn('bob', DESK, '/.ztp/sign-in/tickets');
    const before = browser.names(DESK);
    const left = await browser.visit(`https://${DESK}/.ztp/sign-out`, { from: `https://${DESK}/tickets` });
    expect(before).not.toEqual([]);
    expect(browser.names(DESK)).toEqual([]);
    expect(new URL(left.url).origin).toBe(`https://${PROVIDER}`);
    const action = /action="([^"]+)"/.exec(left.body)?.[1] ?? '';
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(left.body)?.[1] ?? '';
    const gone = await browser.visit(action, { from: left.url, form: { xsrf, logout: 'yes' } });
    expect(gone).toMatchObject({ status: 200, url: `https://${DESK}/` });
    const again = await browser.visit(`https://${DESK}/tickets`);
    expect(again.body).toContain('name="username"');
  });

  test('another seal: the session is none, and a navigation comes by a new one', async () => {
    const { browser } = await desk.signedIn('bob', BOOKS);
    const old = ['cookie', cookieOf(browser, BOOKS)] as const;
    expect((await desk.send('GET', `https://${BOOKS}/`, [old])).status).toBe(200);
    const { plan, state } = desk.platform;
    renewSessionSecret(loginSecrets(state, plan.services['books']!.login!).session);
    await eventually(
      async () => (await desk.send('GET', `https://${BOOKS}/`, [old])).status === 401,
      'the old seal counts no more',
    );
    expect(await browser.visit(`https://${BOOKS}/`)).toMatchObject({ status: 200 });
    const renewed = ['cookie', cookieOf(browser, BOOKS)] as const;
    expect((await desk.send('GET', `https://${BOOKS}/`, [renewed])).status).toBe(200);
    // Another service's seal is another one.
    expect(
      (await desk.send('GET', `https://${DESK}/tickets`, [['cookie', cookieOf(alice, DESK)]])).status,
    ).toBe(200);
  });
});

test('no session of one host or port is one of another', async () => {
  const own = ['cookie', cookieOf(alice, DESK)] as const;
  const at = (host: string) => desk.send('GET', `https://${host}/tickets`, [own]);
  expect((await at(DESK)).status).toBe(200);
  expect((await at(`${DESK}:8443`)).status).toBe(401);
  expect((await at(BOOKS)).status).toBe(403);
  expect((await desk.send('GET', `https://${BOOKS}/`, [own])).status).toBe(401);
  expect((await desk.send('GET', `https://${SHOP}/`, [own])).status).toBe(401);
});

test('no log has a token, a code or a cookie in it, and a failed sign-in says no more than that', async () => {
  const bad = [`error=access_denied&error_description=c0de-of-somebody`, `code=c0de-of-somebody&state=x`];
  for (const query of bad) {
    expect((await desk.send('GET', `https://${DESK}/.ztp/callback?${query}`, NAVIGATION)).status).toBe(401);
  }
  const lines = () => desk.events.flatMap((event) => ('line' in event ? [event.line] : []));
  const failed = () => lines().filter((line) => line.includes('login_failed'));
  await eventually(() => failed().length >= bad.length, 'the failed sign-ins are in the log');
  expect(JSON.parse(failed()[0]!)).toMatchObject({
    decision: 'refuse',
    status: 401,
    path: '/.ztp/callback',
    service: 'desk',
  });
  await eventually(() => lines().some((line) => line.includes('"oauth.logged_in"')), 'so are good ones');
  const decisions = desk.events.flatMap((event) => (event.kind === 'decision' ? [event.line] : []));
  expect(decisions.map(faultOfLine).filter((fault) => fault !== undefined)).toEqual([]);
  // Each request has one line at the gateway: what the login answered has none of the rules besides.
  const answered = decisions.filter((line) => line.includes('"decision":"login"'));
  expect(new Set(answered.map((line) => (JSON.parse(line) as { reason: string }).reason))).toEqual(
    new Set(['oauth.missing_credentials', 'oauth.logged_in', 'oauth.sign_out', 'direct_response']),
  );
  const all = lines().join('\n');
  expect(all).not.toMatch(/c0de-of-somebody|ztp-token|gcm\.|code=|state=|eyJ/);
});
