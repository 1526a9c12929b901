import { lstatSync } from 'node:fs';
import { createServer } from 'node:net';
import { Http1Client } from '../../support/http1.js';
import { Http2Connection, requestFields } from '../../support/http2.js';
import { client, get, openHttp2 } from '../http.js';
import { API } from '../model.js';
import { alone, type Probe } from '../probe.js';
import { spokenReply, targetOf } from '../request.js';
import type { Subject } from '../subject.js';
import { token, type TokenOptions } from '../tokens.js';

/** What those see who operate a point. */
export function operationProbes(): Probe[] {
  const fast = (name: string, observe: Probe['observe']): Probe => ({ name, speed: 'fast', observe });
  return [
    fast('operation: what HTTP/2 offers', http2Offer),
    fast('operation: a malformed request beside others', malformedRequest),
    fast('operation: whether it is ready', readiness),
    fast('operation: the administration', administration),
    alone('operation: metrics by point and rule', /stat|rbac|ztp|inbound|listeners/, metrics),
    alone('operation: two on one port', /reuse_port|listeners\[[^\]]*\]$/, twoOnOnePort),
  ];
}

async function http2Offer({ world }: Subject): Promise<unknown> {
  const session = await openHttp2(world);
  await get(session, '/public');
  const { maxConcurrentStreams, initialWindowSize } = session.remoteSettings;
  const { remoteWindowSize } = session.state;
  session.destroy();
  return { maxConcurrentStreams, initialWindowSize, remoteWindowSize };
}

async function malformedRequest({ world }: Subject): Promise<unknown> {
  const connection = await Http2Connection.open(await targetOf(world, client(world)));
  const fields = requestFields('GET', '/public', API);
  const [, bad] = await Promise.all([
    connection.send(fields),
    connection.send([...fields, ['X-Upper', 'case']]),
  ]);
  const after = await connection.send(fields).catch(() => undefined);
  connection.close();
  return { bad: spokenReply(world, bad), after: after?.status };
}

async function readiness({ world }: Subject): Promise<unknown> {
  const replies = ['/ready', '/ready?x', '/other', '/'].map(async (path) => {
    const ready = new Http1Client({ address: world.own('ready/address'), port: world.ownPort('ready') });
    const reply = await ready.send(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    ready.close();
    return spokenReply(world, reply);
  });
  return Promise.all(replies);
}

async function administration(subject: Subject): Promise<unknown> {
  const of = async <Shape>(path: string) => JSON.parse((await subject.admin(path)).body) as Shape;
  const listeners = await of<{ listener_statuses: { name: string }[] }>('/listeners?format=json');
  const clusters = await of<{ cluster_statuses: { name: string }[] }>('/clusters?format=json');
  const { node } = await of<{ node: { id: string; cluster: string } }>('/server_info');
  return {
    mode: lstatSync(subject.adminSocket).mode.toString(8),
    listeners: listeners.listener_statuses.map(({ name }) => name).sort(),
    clusters: clusters.cluster_statuses.map(({ name }) => name).sort(),
    node: [node.id, node.cluster],
  };
}

/** The metrics that a request of each kind leaves. */
async function metrics(subject: Subject): Promise<unknown> {
  const { world } = subject;
  const session = await openHttp2(world);
  const as = (options: TokenOptions) => ({
    authorization: `Bearer ${token(world, 'people', 'api', options)}`,
  });
  await get(session, '/public');
  await get(session, '/public//');
  await get(session, '/files/a', { ':method': 'DELETE' });
  await get(session, '/users/any', { authorization: 'Basic x' });
  await get(session, '/users/any', as({ claims: { aud: 'elsewhere' } }));
  await get(session, '/users/any');
  await get(session, '/audit/deny');
  await get(session, '/audit/allow');
  await get(session, '/when/mfa', as({}));
  await get(session, '/unless/region', as({ claims: { region: 'restricted' } }));
  session.destroy();
  const { body } = await subject.admin('/stats/prometheus?usedonly');
  const known = /^envoy_http_(rbac|local_rate_limit|downstream_rq_xx)/;
  return body
    .split('\n')
    .filter((line) => known.test(line) && !line.includes('"admin"'))
    .sort();
}

/** Whether somebody else can listen where the point does. */
function twoOnOnePort({ world }: Subject): Promise<unknown> {
  const places = ['listen', 'ready', ...(world.kind === 'sidecar' ? ['outbound/shop'] : [])];
  const attempts = places.map(
    (place) =>
      new Promise((done) => {
        const other = createServer();
        other.once('error', (error: NodeJS.ErrnoException) => done(error.code));
        const where = { host: world.own(`${place}/address`), port: world.ownPort(place), reusePort: true };
        other.listen(where, () => other.close(() => done('listens')));
      }),
  );
  return Promise.all(attempts);
}
