import type { Probe } from '../probe.js';
import { type Ask, asking } from '../request.js';

/**
 * Requests that are not canonical, each in a way that one expression alone can see, and some that are
 * and look as if they were not. Over a listener of the mesh or the edge, and over an outbound one.
 */
export function canonicalProbes(authority: string, path: string, outbound?: string): Probe[] {
  const through = outbound === undefined ? '' : ' outbound';
  const ask = (name: string, request: Partial<Ask>) =>
    asking(`canonical${through}: ${name}`, {
      path,
      authority,
      ...request,
      ...(outbound !== undefined && { outbound }),
    });
  const line =
    (target: string, more = '') =>
    (trace: string) =>
      `GET ${target} HTTP/1.1\r\nhost: ${authority}\r\ntraceparent: ${trace}\r\n${more}\r\n`;
  return [
    ask('plain', {}),
    ask('an empty segment', { path: `${path}//x` }),
    ask('a dot segment', { path: `${path}/./x`, http1: true }),
    ask('two dots', { path: `/x/..${path}`, http1: true }),
    ask('a trailing slash', { path: `${path}/` }),
    ask('a semicolon', { path: `${path};x` }),
    ask('an escape of an unreserved character', { path: `${path}/%41` }),
    ask('an escaped slash', { path: `${path}/%2Fx` }),
    ask('an escape in lower case', { path: `${path}/%c3%a9` }),
    ask('an escape that is no UTF-8', { path: `${path}/%FF` }),
    ask('an escape that is', { path: `${path}/%C3%A9` }),
    ask('a method that is not known', { method: 'TRACE', http1: true }),
    ask('an authority that ends with a dot', { authority: authority.replace(/(:\d+)?$/, '.$1') }),
    ask('an authority with an underscore', { authority: `a_b.${authority}` }),
    ask('a query with anything in it', { path: `${path}?a=%zz&b=//../;` }),
    ask('a header name with an underscore', { http1: true, headers: [['x_role', 'admin']] }),
    ask('the absolute form', { http1: true, raw: line(`http://${authority}${path}`) }),
    ask('the absolute form of another host', { http1: true, raw: line(`http://elsewhere.example${path}`) }),
    ask('an asterisk', { http1: true, raw: (trace) => line('*')(trace).replace('GET', 'OPTIONS') }),
    ask('two hosts', { http1: true, raw: line(path, 'host: elsewhere.example\r\n') }),
    ask('no host', { http1: true, raw: (trace) => `GET ${path} HTTP/1.1\r\ntraceparent: ${trace}\r\n\r\n` }),
    ask('HTTP/1.0', { http1: true, raw: (trace) => line(path)(trace).replace('HTTP/1.1', 'HTTP/1.0') }),
  ];
}
