import { setTimeout as sleep } from 'node:timers/promises';
import { Http1Connection } from '../../support/http1.js';
import { client, get, openHttp2 } from '../http.js';
import { targetOf } from '../request.js';
import { alone, type Probe, type Variation } from '../probe.js';
import type { Subject } from '../subject.js';
import type { World } from '../world.js';
import { shakeHands, usual } from './tls.js';

/** What changes while a point runs, and how it takes it. */
export function renewalProbes(): Probe[] {
  return [
    alone('renewal: certificates', /secret|server |edge /, (subject) => newLeaf(subject, 'certificates')),
    alone('renewal: certificates elsewhere', /secret|server |edge /, (subject) => newLeaf(subject, 'paths')),
    alone('renewal: roots', /secret|peers /, newRoots),
    alone('renewal: routes', /rds|routes /, newRoutes),
    alone('renewal: names for addresses', /clusters\[/, async () => 'started', namedEndpoints),
  ];
}

/** What a point shows to its clients, and to those whom it calls. */
async function newLeaf({ world, folder }: Subject, what: 'certificates' | 'paths'): Promise<unknown> {
  const shown = async () =>
    world.spoken(String((await shakeHands(await usual(world, client(world)), 0)).certificate));
  const called = async () => {
    const { body } = await call(world);
    return world.spoken((JSON.parse(body) as { certificate?: string }).certificate ?? body);
  };
  const look = async () => [await shown(), await called()];
  const before = await look();
  await world.renew(folder, what);
  return { before, after: await changed(look, before) };
}

/** A call on a connection of its own: of a gateway, or of a sidecar's workload. */
async function call(world: World): Promise<{ status?: number; body: string }> {
  if (world.kind === 'gateway') {
    world.servers.get('api')!.forget();
    const session = await openHttp2(world);
    const answer = await get(session, '/public');
    session.destroy();
    return answer;
  }
  world.servers.get('shop')!.forget();
  const connection = await Http1Connection.open(await targetOf(world, 'none', 'shop'));
  const { status, body } = await connection.send(
    `GET / HTTP/1.1\r\nhost: ${world.own('outbound/shop/authority')}\r\n\r\n`,
  );
  connection.close();
  return { ...(status !== undefined && { status }), body };
}

/** Whether a point reaches those whom it calls, and a sidecar's clients reach it. */
async function newRoots({ world, folder }: Subject): Promise<unknown> {
  const reach = async () => {
    const { status } = await call(world);
    if (world.kind === 'gateway') return [status];
    return [(await shakeHands(await usual(world, 'gateway'), 0)).taken, status];
  };
  const before = await reach();
  await world.renew(folder, 'roots');
  return { before, after: await changed(reach, before) };
}

/** Milliseconds in which a change of files is taken; a sound one needs some tens. */
const TAKEN = 900;

/** What is seen when every part of it has changed, or after the time for that. */
async function changed(look: () => Promise<unknown[]>, before: readonly unknown[]): Promise<unknown[]> {
  const deadline = performance.now() + TAKEN;
  for (;;) {
    const seen = await look();
    if (seen.every((part, at) => part !== before[at]) || performance.now() > deadline) return seen;
    await sleep(20);
  }
}

/** A table that leads nowhere, one with a field that does not exist, and a good one. */
async function newRoutes(subject: Subject): Promise<unknown> {
  const session = await openHttp2(subject.world);
  const status = async () => (await get(session, '/public')).status;
  const text = JSON.stringify(subject.routes);
  const offer = async (version: string, changedText: string) => {
    const taken = await subject.offer(JSON.parse(changedText) as object, version);
    return [taken, await status()];
  };
  const seen = {
    before: await status(),
    nowhere: await offer('nowhere', text.replace(/"cluster":"[^"]*"/, '"cluster":"nowhere"')),
    misspelt: await offer('misspelt', text.replace('"principals"', '"principal"')),
    good: await offer('good', text.replaceAll('"/public"', '"/elsewhere"')),
  };
  session.destroy();
  return seen;
}

/** Everybody whom the point calls is known by a name, not by an address: whether it starts so. */
function namedEndpoints({ plan }: World): Variation {
  const keys = [
    ...Object.values(plan.services).flatMap(({ key }) => [`${key}/endpoint`, `${key}/application`]),
    ...Object.values(plan.issuers).map(({ key }) => `${key}/endpoint`),
  ];
  return { values: Object.fromEntries(keys.map((key) => [`${key}/address`, 'localhost'])) };
}
