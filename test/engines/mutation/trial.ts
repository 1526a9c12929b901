import { isDeepStrictEqual } from 'node:util';
import type { Documents } from './documents.js';
import { mapDocuments } from './documents.js';
import type { Probe, Variation } from './probe.js';
import { hangUp } from './request.js';
import { scaled } from './scale.js';
import { Refusal, Subject } from './subject.js';
import type { World } from './world.js';

/** What became of a mutant. */
export type Verdict =
  | { readonly killed: true; readonly by: 'load'; readonly how: string }
  | { readonly killed: true; readonly by: 'behaviour'; readonly how: string }
  | { readonly killed: false };

/** What the probes see on the configuration as it is generated. */
export type Baseline = ReadonlyMap<string, unknown>;

interface Mutation {
  readonly id: string;
  readonly apply: (documents: Documents) => Documents;
}

/** Requests in flight at once: below what the model lets connect. */
const SIDE_BY_SIDE = 24;

export const UNCHANGED: Mutation = { id: '', apply: (documents) => documents };

/** Times that a probe may be asked until it has seen the same twice in succession. */
const PASSES = 5;

/**
 * Look at everything on the configuration as it is generated, each time on a new Envoy and in the next
 * of the worlds, until every probe has seen the same twice. Throws if one does not: it would kill
 * whatever it is shown.
 */
export async function baselineOf(
  worlds: readonly World[],
  suites: readonly (readonly Probe[])[],
): Promise<Baseline> {
  const baseline = new Map<string, unknown>();
  const before = new Map<string, unknown>();
  const pass = async (world: World, probes: readonly Probe[]) => {
    const seen = new Map<string, unknown>();
    const { refusal } = await attempt(world, UNCHANGED, probes, async (probe, subject) => {
      seen.set(probe.name, await observed(probe, subject));
      return false;
    });
    if (refusal) throw new Error(`refused as it is generated (${refusal.how}):\n${refusal.tail.join('\n')}`);
    return seen;
  };
  let unsteady = new Set(suites.flat().map(({ name }) => name));
  for (let done = 0; done < PASSES && unsteady.size > 0; done += worlds.length) {
    const wanted = suites.map((suite) => suite.filter(({ name }) => unsteady.has(name)));
    for (const seen of await Promise.all(worlds.map((world, at) => pass(world, wanted[at]!)))) {
      for (const [name, value] of seen) {
        if (before.has(name) && isDeepStrictEqual(value, before.get(name))) baseline.set(name, value);
        before.set(name, value);
      }
    }
    unsteady = new Set([...unsteady].filter((name) => !baseline.has(name)));
  }
  if (unsteady.size > 0) throw new Error(`never the same twice: ${[...unsteady].join(', ')}`);
  return baseline;
}

/** Start the mutant and look until something is not as it should be. */
export async function judge(
  world: World,
  mutant: Mutation,
  probes: readonly Probe[],
  baseline: Baseline,
): Promise<Verdict> {
  const differs = async (probe: Probe, subject: Subject) =>
    !isDeepStrictEqual(await observed(probe, subject), baseline.get(probe.name));
  const { refusal, probe } = await attempt(
    world,
    mutant,
    probes.filter(({ sees }) => sees === undefined || sees.test(mutant.id)),
    differs,
  );
  if (refusal) return { killed: true, by: 'load', how: refusal.how };
  return probe ? { killed: true, by: 'behaviour', how: probe.name } : { killed: false };
}

interface Attempt {
  readonly refusal?: Refusal;
  /** The probe that found something. */
  readonly probe?: Probe;
}

/** Look at a mutant until `isFound` says so twice: a machine that was busy for a moment kills nothing. */
async function attempt(
  world: World,
  mutant: Mutation,
  probes: readonly Probe[],
  isFound: (probe: Probe, subject: Subject) => Promise<boolean>,
): Promise<Attempt> {
  const start = ({ values = {}, change = (documents: Documents) => documents }: Variation) =>
    Subject.start(world, (documents) => change(mapDocuments(mutant.apply(documents), scaled)), values);
  world.reset();
  const subject = await start({});
  if (subject instanceof Refusal) return { refusal: subject };
  const of = (speed: Probe['speed']) => probes.filter((probe) => probe.speed === speed);
  const isFoundTwice = async (probe: Probe) =>
    (await isFound(probe, subject)) && (await isFound(probe, subject));
  try {
    const fast = of('fast');
    for (let at = 0; at < fast.length; at += SIDE_BY_SIDE) {
      const found = await first(fast.slice(at, at + SIDE_BY_SIDE), isFoundTwice);
      if (found) return { probe: found };
    }
    const found = await first(of('slow'), isFoundTwice);
    if (found) return { probe: found };
  } finally {
    await hangUp(subject);
    await subject.stop();
  }
  const isFoundAlone = async (probe: Probe) => {
    world.reset();
    const own = await start(probe.variation?.(world) ?? {});
    // What starts as it is, and not with other values, is seen as well.
    if (own instanceof Refusal) return isFound({ ...probe, observe: async () => own.how }, subject);
    try {
      return await isFound(probe, own);
    } finally {
      await hangUp(own);
      await own.stop();
    }
  };
  for (const probe of of('alone')) {
    if ((await isFoundAlone(probe)) && (await isFoundAlone(probe))) return { probe };
  }
  return {};
}

/** Milliseconds that the others have when one has said yes, so that it is mostly the same one that counts. */
const PATIENCE = 300;

/** The first in order to say yes. */
function first(
  probes: readonly Probe[],
  look: (probe: Probe) => Promise<boolean>,
): Promise<Probe | undefined> {
  const said = new Set<Probe>();
  return new Promise((done, fail) => {
    const decide = () => done(probes.find((probe) => said.has(probe)));
    const looks = probes.map(async (probe) => {
      if (!(await look(probe))) return;
      said.add(probe);
      setTimeout(decide, PATIENCE);
    });
    Promise.all(looks).then(decide, fail);
  });
}

/** What a probe sees, as JSON has it; that it cannot look is something that it sees. */
async function observed(probe: Probe, subject: Subject): Promise<unknown> {
  try {
    const seen = await probe.observe(subject);
    return seen === undefined ? null : (JSON.parse(JSON.stringify(seen)) as unknown);
  } catch (error) {
    return { error: error instanceof Error && 'code' in error ? error.code : String(error) };
  }
}
