import { setTimeout as sleep } from 'node:timers/promises';
import { get, openHttp2 } from '../http.js';
import { alone, type Probe, slow, type Variation } from '../probe.js';
import type { Subject } from '../subject.js';
import { token } from '../tokens.js';
import type { World } from '../world.js';

/** How a point comes by the keys of the issuers. */
export function keyProbes(): Probe[] {
  return [
    slow('keys: one is withdrawn', /jwt_authn|cluster/, withdrawal),
    alone('keys: before the first request', /jwt_authn/, async ({ world }) =>
      [...world.keyServers.values()].map(({ asked }) => asked[0]),
    ),
    alone('keys: of servers that are somebody else', /issuers|clusters/, whoWasAsked, wrongServers),
    alone('keys: of a server that fails', /jwt_authn/, howOftenAsked, failingServer),
  ];
}

/** A key that its issuer publishes no more is refused before long; the others are not. */
async function withdrawal({ world }: Subject): Promise<unknown> {
  const keys = world.keyServers.get('people')!;
  const session = await openHttp2(world);
  const status = async (key: number) => {
    const authorization = `Bearer ${token(world, 'people', 'api', { key })}`;
    return (await get(session, '/users/any', { authorization })).status;
  };
  const before = await status(1);
  keys.document = JSON.stringify({ keys: keys.issuer.jwks().keys.slice(0, 1) });
  const deadline = performance.now() + 2_700;
  while ((await status(1)) === before && performance.now() < deadline) await sleep(50);
  const seen = { before, after: await status(1), other: await status(0) };
  keys.document = undefined;
  session.destroy();
  return seen;
}

/** One whose certificate is another's, and one whose certificate nobody can verify. */
function wrongServers(world: World): Variation {
  const [people, partners, pipeline] = Object.values(world.plan.issuers).map(({ key }) => key);
  return {
    values: {
      [`${people}/endpoint/address`]: world.value(`${partners}/endpoint/address`),
      [`${people}/endpoint/port`]: world.value(`${partners}/endpoint/port`),
      [`${pipeline}/ca/path`]: world.strangerCa(),
    },
  };
}

async function whoWasAsked({ world }: Subject): Promise<unknown> {
  return [...world.keyServers.values()].map(({ asked }) => [...new Set(asked)].sort());
}

function failingServer(world: World): Variation {
  world.keyServers.get('people')!.broken = true;
  return {};
}

async function howOftenAsked({ world }: Subject): Promise<unknown> {
  return world.keyServers.get('people')!.asked.length;
}
