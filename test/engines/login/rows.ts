import type { HeaderLine } from '../../../lib/policy/index.js';
import { DESK } from './desk.js';

/** What a browser, or somebody who pretends to be one, asks of a service with login. */
export interface LoginRow {
  readonly title: string;
  readonly method?: string;
  /** @default DESK */
  readonly host?: string;
  readonly path: string;
  readonly headers?: readonly HeaderLine[];
  /** Whether the cookies of a session are there. @default none */
  readonly session?: 'own' | 'stolen' | 'broken';
  /** A token of the session's own, in the header. */
  readonly bearer?: 'good' | 'bad';
}

export const NAVIGATION: readonly HeaderLine[] = [
  ['sec-fetch-mode', 'navigate'],
  ['sec-fetch-dest', 'document'],
];
const CALL: readonly HeaderLine[] = [
  ['sec-fetch-mode', 'cors'],
  ['sec-fetch-dest', 'empty'],
];
const site = (value: string): HeaderLine => ['sec-fetch-site', value];
const SAME = site('same-origin');
const CROSS = site('cross-site');

export const ROWS: readonly LoginRow[] = [
  { title: 'a page for everyone', path: '/', headers: NAVIGATION },
  { title: 'a page for everyone, by a session', path: '/', headers: NAVIGATION, session: 'own' },
  { title: 'a page for people', path: '/tickets/7?x=1', headers: NAVIGATION },
  { title: 'a page for people, from another site', path: '/tickets/7', headers: [...NAVIGATION, CROSS] },
  { title: 'a page for people, by an old browser', path: '/tickets', headers: [['accept', 'text/html,*/*']] },
  { title: 'a page that is denied to everyone', path: '/tickets/secret', headers: NAVIGATION },
  { title: 'the same by a session', path: '/tickets/secret', headers: NAVIGATION, session: 'own' },
  { title: 'a page that no rule knows', path: '/nowhere', headers: NAVIGATION },
  {
    title: 'a page in a frame',
    path: '/tickets',
    headers: [
      ['sec-fetch-mode', 'navigate'],
      ['sec-fetch-dest', 'iframe'],
    ],
  },
  { title: 'a call without a session', path: '/tickets', headers: CALL },
  { title: 'a call that wants a page', path: '/tickets', headers: [...CALL, ['accept', 'text/html']] },
  {
    title: 'a call for a document',
    path: '/tickets',
    headers: [
      ['sec-fetch-mode', 'no-cors'],
      ['sec-fetch-dest', 'document'],
    ],
  },
  { title: 'a HEAD', method: 'HEAD', path: '/tickets', headers: NAVIGATION },
  { title: 'a form without a session', method: 'POST', path: '/tickets', headers: [...NAVIGATION, SAME] },
  { title: 'a program', path: '/tickets' },
  { title: 'not canonical', path: '/tickets//7', headers: NAVIGATION, session: 'own' },

  { title: 'a page by a session', path: '/tickets/7?x=1', headers: NAVIGATION, session: 'own' },
  {
    title: 'the same linked from another site',
    path: '/tickets/7',
    headers: [...NAVIGATION, CROSS],
    session: 'own',
  },
  { title: 'a call by a session', path: '/tickets', headers: [...CALL, SAME], session: 'own' },
  { title: 'a page that needs a group', path: '/audit', headers: NAVIGATION, session: 'own' },
  { title: 'a session of another host', path: '/tickets', headers: NAVIGATION, session: 'stolen' },
  { title: 'a call by a session of another host', path: '/tickets', headers: CALL, session: 'stolen' },
  { title: 'a session with one letter changed', path: '/tickets', headers: CALL, session: 'broken' },

  {
    title: 'a form of its own page',
    method: 'POST',
    path: '/tickets',
    headers: [...NAVIGATION, SAME],
    session: 'own',
  },
  {
    title: 'the same with its origin',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, ['origin', `https://${DESK}`]],
    session: 'own',
  },
  {
    title: 'the same with its origin and a port',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, ['origin', `https://${DESK}:8443`]],
    session: 'own',
  },
  {
    title: 'a form that needs both factors',
    method: 'POST',
    path: '/refunds',
    headers: [SAME],
    session: 'own',
  },
  {
    title: 'a form of another site',
    method: 'POST',
    path: '/tickets',
    headers: [...NAVIGATION, CROSS],
    session: 'own',
  },
  {
    title: 'a form of a neighbour',
    method: 'POST',
    path: '/tickets',
    headers: [site('same-site')],
    session: 'own',
  },
  { title: 'a form from nowhere', method: 'POST', path: '/tickets', session: 'own' },
  {
    title: 'a form with an origin alone',
    method: 'POST',
    path: '/tickets',
    headers: [['origin', `https://${DESK}`]],
    session: 'own',
  },
  {
    title: 'a form of two origins',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, ['origin', 'https://evil.example']],
    session: 'own',
  },
  {
    title: 'a form of an origin that begins alike',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, ['origin', `https://${DESK}.evil.example`]],
    session: 'own',
  },
  { title: 'a form of two places', method: 'POST', path: '/tickets', headers: [SAME, CROSS], session: 'own' },
  {
    title: 'a form of the same place twice',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, SAME],
    session: 'own',
  },
  {
    title: 'a form of one origin twice',
    method: 'POST',
    path: '/tickets',
    headers: [SAME, ['origin', `https://${DESK}`], ['origin', `https://${DESK}`]],
    session: 'own',
  },
  { title: 'a page that is a call as well', path: '/tickets', headers: [...NAVIGATION, ...CALL] },
  {
    title: 'an old browser that says it twice',
    path: '/tickets',
    headers: [
      ['accept', 'image/png'],
      ['accept', 'text/html'],
    ],
  },
  {
    title: 'two empty modes and a page',
    path: '/tickets',
    headers: [
      ['sec-fetch-mode', ''],
      ['accept', 'text/html'],
    ],
  },
  {
    title: 'an open form of another site',
    method: 'POST',
    path: '/feedback',
    headers: [CROSS],
    session: 'own',
  },
  { title: 'the same without a session', method: 'POST', path: '/feedback', headers: [CROSS] },
  {
    title: 'a form of another site by a broken session',
    method: 'POST',
    path: '/feedback',
    headers: [CROSS],
    session: 'broken',
  },

  { title: 'a token in the header', path: '/tickets', bearer: 'good' },
  { title: 'a token and a session', path: '/tickets', bearer: 'good', session: 'own' },
  {
    title: 'a token and a session, from another site',
    method: 'POST',
    path: '/tickets',
    headers: [CROSS],
    bearer: 'good',
    session: 'own',
  },
  {
    title: 'a bad token and a good session',
    path: '/tickets',
    headers: NAVIGATION,
    bearer: 'bad',
    session: 'own',
  },
  {
    title: 'a password and a good session',
    path: '/tickets',
    headers: [['authorization', 'Basic YTpi']],
    session: 'own',
  },

  { title: 'the sign-in', path: '/.ztp/sign-in', headers: NAVIGATION },
  { title: 'the sign-in of a page', path: '/.ztp/sign-in/tickets/7?x=1', headers: NAVIGATION },
  {
    title: 'the same by a session',
    path: '/.ztp/sign-in/tickets/7?x=1',
    headers: NAVIGATION,
    session: 'own',
  },
  { title: 'a sign-in to elsewhere', path: '/.ztp/sign-in//evil.example', headers: NAVIGATION },
  { title: 'a sign-in by a call', path: '/.ztp/sign-in/tickets', headers: CALL },
  { title: 'a sign-in by a form', method: 'POST', path: '/.ztp/sign-in', headers: NAVIGATION },
  { title: 'a sign-in with a token', path: '/.ztp/sign-in', headers: NAVIGATION, bearer: 'good' },
  { title: 'a way back by a call', path: '/.ztp/callback?code=a&state=b', headers: CALL },
  { title: 'below the way back', path: '/.ztp/callback/more', headers: NAVIGATION },
  { title: 'nothing of the login', path: '/.ztp/other', headers: NAVIGATION, session: 'own' },
  { title: 'the login itself', path: '/.ztp', headers: NAVIGATION },
  { title: 'a sign-out', path: '/.ztp/sign-out', headers: [SAME], session: 'own' },
  { title: 'a sign-out by a form', method: 'POST', path: '/.ztp/sign-out', headers: [SAME], session: 'own' },
  {
    title: 'a sign-out that somebody typed',
    path: '/.ztp/sign-out',
    headers: [site('none')],
    session: 'own',
  },
  {
    title: 'a sign-out of another site',
    path: '/.ztp/sign-out',
    headers: [...NAVIGATION, CROSS],
    session: 'own',
  },
  { title: 'a sign-out from nowhere', path: '/.ztp/sign-out', session: 'own' },

  {
    title: 'the login of a service without',
    host: 'www.shop.example',
    path: '/.ztp/sign-in',
    headers: NAVIGATION,
  },
  { title: 'a page of a service without', host: 'www.shop.example', path: '/', headers: NAVIGATION },
  {
    title: 'the same by a session of another host',
    host: 'www.shop.example',
    path: '/',
    headers: NAVIGATION,
    session: 'own',
  },
];
