import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { resolve } from '../../../lib/plan/resolve.js';
import { codeAt } from '../../../local/identity/one-time-codes.js';
import { TestAuthority } from '../support/authority.js';
import { Chromium, type Tab } from './chromium.js';
import { BOOKS, DESK, Desk, model, PROVIDER, SHOP, TOTP } from './desk.js';

/** A site of somebody else, with a page that does what its address says. */
const EVIL = 'evil.example';

/** Set where no browser can be had; whoever sets it sees in the output what was not tried. */
const { ZTP_WITHOUT_BROWSER: without } = process.env;
const inBrowser = without ? test.skip : test;

let folder: string;
let desk: Desk;
let evil: Server;
let chromium: Chromium;
let alice: Tab;

beforeAll(async () => {
  if (without) return;
  folder = mkdtempSync(join(tmpdir(), 'ztp-chromium-'));
  desk = await Desk.start(folder);
  evil = await evilSite();
  const { address, port } = desk.place(DESK);
  const provider = desk.place(PROVIDER);
  const gateway = `${address}:${port}`;
  const stranger = `127.0.0.1:${(evil.address() as AddressInfo).port}`;
  chromium = Chromium.start({
    hosts: {
      [DESK]: gateway,
      [BOOKS]: gateway,
      [SHOP]: gateway,
      [PROVIDER]: `${provider.address}:${provider.port}`,
      [EVIL]: stranger,
    },
    keys: [
      await keyOf(address, port, DESK),
      await keyOf(provider.address, provider.port, PROVIDER),
      await keyOf('127.0.0.1', (evil.address() as AddressInfo).port, EVIL),
    ],
  });
  alice = await chromium.tab();
});
afterAll(async () => {
  await chromium?.close();
  await desk?.platform.stop();
  evil?.closeAllConnections();
  evil?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

inBrowser('a person signs in with a second factor and is at the page that was asked for', async () => {
  await alice.open(`https://${DESK}/tickets/7?x=1`);
  await alice.until('document.querySelector("[name=username]")');
  expect(await alice.value('location.host')).toBe(PROVIDER);
  await keep(alice, 'sign-in');
  // Everything that is to be filled in has a name that is read out, and the page has one.
  expect(
    await alice.value(
      '[...document.querySelectorAll("select, input:not([type=hidden])")].every((field) => field.labels.length > 0)',
    ),
  ).toBe(true);
  expect(
    await alice.value('document.documentElement.lang + document.querySelectorAll("main h1").length'),
  ).toBe('en1');
  await alice.value('document.querySelector("[name=username]").value = "alice"');
  await alice.click('button');
  await alice.until('document.querySelector("[name=code]")');
  expect(await alice.value('document.activeElement.name')).toBe('code');
  await keep(alice, 'second-factor');
  await enter(alice, '000000');
  await alice.until('document.querySelector("[role=alert]")');
  await keep(alice, 'wrong-code');
  await enter(alice, codeAt(TOTP, Date.now() / 1000));
  await alice.until(`location.href === "https://${DESK}/tickets/7?x=1"`);
  expect(await alice.value('document.body.innerText')).toContain('"service":"desk"');
});

inBrowser('no script of the page reads the session, and a call of the page goes by it', async () => {
  expect(await alice.value('document.cookie')).toBe('');
  expect((await alice.cookies(`https://${DESK}/`)).map(({ name }) => name).sort()).toEqual(
    ['expires', 'id', 'seal', 'token'].map((name) => `__Host-ztp-${name}`),
  );
  expect(await status(alice, '/tickets')).toBe(200);
  expect(await status(alice, '/refunds', 'POST')).toBe(200);
  // A call gets no redirect, whoever asks.
  const nobody = await chromium.tab();
  await nobody.open(`https://${DESK}/`);
  await nobody.until(`location.host === "${DESK}"`);
  expect(await status(nobody, '/tickets')).toBe(401);
});

inBrowser('a page of another site posts by nobody’s session, neither by a form nor by a script', async () => {
  await alice.open(`https://${EVIL}/form`);
  await alice.until(`location.host === "${DESK}"`);
  expect(await alice.value('document.body.innerText')).toMatch(/token required|forbidden/);
  await alice.open(`https://${EVIL}/`);
  await alice.until(`location.host === "${EVIL}"`);
  await alice.value(
    `fetch("https://${DESK}/tickets", { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => 0)`,
  );
  await eventuallyRefused();
  // A link of that site leads to the page all the same.
  await alice.value(`location.href = "https://${DESK}/tickets/7"`);
  await alice.until(`location.href === "https://${DESK}/tickets/7"`);
  expect(await alice.value('document.body.innerText')).toContain('"service":"desk"');
});

inBrowser('a page of a neighbour, to which the cookies go along, changes nothing either', async () => {
  await alice.open(`https://${SHOP}/`);
  await alice.until(`location.host === "${SHOP}"`);
  await alice.value(
    `fetch("https://${DESK}/tickets", { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => 0)`,
  );
  await eventuallyRefused('!cross-site');
});

inBrowser('a stolen session opens no other host', async () => {
  const thief = await chromium.tab();
  for (const { name, value } of await alice.cookies(`https://${DESK}/`)) {
    const cookie = { name, value, secure: true, path: '/', httpOnly: true, sameSite: 'Lax' };
    for (const host of [BOOKS, SHOP])
      await thief.call('Network.setCookie', { ...cookie, url: `https://${host}/` });
  }
  await thief.open(`https://${BOOKS}/`);
  await thief.until('document.querySelector("[name=username]")');
  await thief.open(`https://${SHOP}/`);
  await thief.until(`location.host === "${SHOP}"`);
  expect(await thief.value('document.body.innerText')).toContain('token required');
  expect(await thief.cookies(`https://${BOOKS}/`)).toHaveLength(8);
});

inBrowser('a sign-out ends it, here and at the provider', async () => {
  await alice.open(`https://${DESK}/`);
  await alice.until(`location.host === "${DESK}"`);
  await alice.value('location.href = "/.ztp/sign-out"');
  await alice.until('document.querySelector("[name=logout]")');
  await keep(alice, 'sign-out');
  expect(await alice.cookies(`https://${DESK}/`)).toEqual([]);
  await alice.click('[name=logout]');
  await alice.until(`location.href === "https://${DESK}/"`);
  expect(await status(alice, '/tickets')).toBe(401);
  await alice.open(`https://${DESK}/tickets`);
  await alice.until('document.querySelector("[name=username]")');
});

/** The status of a call of the page's own script. */
function status(tab: Tab, path: string, method = 'GET'): Promise<unknown> {
  return tab.value(`fetch(${JSON.stringify(path)}, { method: "${method}" }).then(({ status }) => status)`);
}

async function enter(tab: Tab, code: string): Promise<void> {
  await tab.value(`document.querySelector("[name=code]").value = "${code}"`);
  await tab.click('button');
}

/** The gateway's log has one more refused post. */
async function eventuallyRefused(reason = ''): Promise<void> {
  const refused = () =>
    desk.events.filter(
      (event) =>
        'line' in event &&
        event.line.includes('"method":"POST"') &&
        event.line.includes('"decision":"refuse"') &&
        event.line.includes(reason),
    );
  const before = seen;
  const deadline = performance.now() + 30_000;
  while (refused().length <= (reason === '' ? before : 0)) {
    if (performance.now() > deadline) throw new Error('no post was refused');
    await new Promise((done) => setTimeout(done, 20));
  }
  seen = refused().length;
}
let seen = 0;

/** Pictures for people, where somebody asks for them. */
async function keep(tab: Tab, name: string): Promise<void> {
  const kept = process.env['PICTURES'];
  if (kept) writeFileSync(join(kept, `${name}.png`), await tab.picture());
}

async function evilSite(): Promise<Server> {
  const authority = await TestAuthority.create(resolve(model).certificates, 'evil.test');
  const { certificate, key } = await authority.edge([EVIL]);
  const server = createServer({ cert: certificate, key }, (request, response) => {
    const form = `<form method="post" action="https://${DESK}/tickets"></form><script>document.forms[0].submit()</script>`;
    response.setHeader('content-type', 'text/html');
    response.end(`<!doctype html><title>evil</title><body>evil${request.url === '/form' ? form : ''}`);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return server;
}

/** base64 SHA-256 of the public key that a server shows. */
function keyOf(host: string, port: number, servername: string): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ host, port, servername, rejectUnauthorized: false }, () => {
      const { publicKey } = new X509Certificate(socket.getPeerX509Certificate()!.raw);
      const bytes = publicKey.export({ type: 'spki', format: 'der' });
      socket.end();
      done(createHash('sha256').update(bytes).digest('base64'));
    });
    socket.on('error', fail);
  });
}
