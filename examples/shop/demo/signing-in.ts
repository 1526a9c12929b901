import type { DemoRequest } from './requests.js';

/** What a browser says of a request: who shows what, and which site asked for it. */
export type Said = 'a page' | 'a script' | "the page's form" | "another site's form" | "another site's link";

/** The headers by which browsers say it (Fetch Metadata). */
export const SAID: Readonly<Record<Said, Readonly<Record<string, string>>>> = {
  'a page': said('none', 'navigate', 'document'),
  'a script': said('same-origin', 'cors', 'empty'),
  "the page's form": said('same-origin', 'navigate', 'document'),
  "another site's form": said('cross-site', 'navigate', 'document'),
  "another site's link": said('cross-site', 'navigate', 'document'),
};

function said(site: string, mode: string, dest: string): Record<string, string> {
  return { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest };
}

function desk(title: string, method: string, path: string, more: Partial<DemoRequest> = {}): DemoRequest {
  return { title, to: 'gateway', host: 'desk', method, path, ...more };
}

/** Browsers at a service whose people sign in at the gateway. */
export const SIGNING_IN: readonly DemoRequest[] = [
  desk('a page, and nobody signed in', 'GET', '/tickets/7', { says: 'a page' }),
  desk('a script without a session', 'GET', '/tickets/7', { says: 'a script' }),
  desk('the page by a session', 'GET', '/tickets/7', { says: 'a page', session: 'carol' }),
  desk('the same from a link elsewhere', 'GET', '/tickets/7', {
    says: "another site's link",
    session: 'carol',
  }),
  desk('a form of its own page', 'POST', '/tickets', { says: "the page's form", session: 'carol' }),
  desk('a form of another site', 'POST', '/tickets', { says: "another site's form", session: 'carol' }),
  desk('a form from nowhere', 'POST', '/tickets', { session: 'carol' }),
  desk('a session with two factors', 'POST', '/refunds', { says: "the page's form", session: 'carol' }),
  desk('a session with one', 'POST', '/refunds', { says: "the page's form", session: 'dave' }),
  desk('a stolen session, another host', 'GET', '/orders/17', {
    host: 'orders',
    says: 'a page',
    session: 'carol',
  }),
  desk('a session and a token at once', 'POST', '/refunds', { token: { of: 'dave' }, session: 'carol' }),
  desk('a page that no rule knows', 'GET', '/payroll', { says: 'a page' }),
  desk('a sign-in that ends elsewhere', 'GET', '/.ztp/sign-in//evil.example', { says: 'a page' }),
  desk('a sign-out by another site', 'GET', '/.ztp/sign-out', {
    says: "another site's link",
    session: 'carol',
  }),
  desk('a sign-out', 'GET', '/.ztp/sign-out', { says: 'a page', session: 'carol' }),
];
