import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  cedarIndex,
  compileCedar,
  decidingRule,
  outcomeOf,
  questionOf,
} from '../../lib/policy/compile/cedar/index.js';
import type { Template } from '../../lib/plan/refs.js';
import type { Json } from '../../lib/policy/request.js';
import { CedarEngine } from '../../test/engines/cedar/engine.js';
import { revocationsOf } from '../../test/engines/equality/case.js';
import { drawPolicy } from '../../test/engines/equality/policies.js';
import { drawRequest } from '../../test/engines/equality/requests.js';
import { repaired } from '../../test/engines/equality/validity.js';
import { type CedarJson, cedarJson, cedarMutants } from '../../test/equality/cedar-mutant.js';
import { shapesOf, without } from '../../test/equality/document-mutant.js';
import { deployed } from '../../test/equality/edge-point.js';
import { HandlerPoint } from '../../test/equality/handler-point.js';
import { Memory, seededDraw } from '../../test/equality/memory.js';
import { objections, type Survivors } from '../../test/policy/mutation/result.js';
import type { Outcome } from '../prove.js';

/** Random policies whose artefacts are mutated, and requests that each is asked. */
const SIZE = { policies: 40, requests: 100 };
/** Policies at most, the further ones for what lives and is not listed: what few policies say takes long to meet. */
const MOST_POLICIES = 600;
const FOLDER = join(__dirname, '../../test/equality');

/** `refused`: whoever loads it says so. */
type Verdict = 'refused' | 'killed' | 'survived';

/**
 * Each distinct shape of what the policy is compiled to for the authorizer and for Cedar taken away in turn:
 * the bundled handler, or Cedar's engine, refuses it, or decides some request otherwise than with it.
 */
export async function proveArtefacts(): Promise<Outcome> {
  const listed = JSON.parse(readFileSync(join(FOLDER, 'artefact-survivors.json'), 'utf8')) as Survivors[];
  const hasReason = new Set(listed.flatMap(({ mutants }) => mutants));
  const verdicts = new Map<string, Verdict>();
  const isOpen = (name: string) => verdicts.get(name) === 'survived' && !hasReason.has(name);
  const subjectOf = await subjects();
  for (let number = 0; number < MOST_POLICIES; number += 1) {
    if (number >= SIZE.policies && ![...verdicts.keys()].some(isOpen)) break;
    for (const [name, ask] of subjectOf(number)) {
      const known = verdicts.get(name);
      // One policy in which it is missed is enough.
      if (known === 'killed' || known === 'refused') continue;
      if (number < SIZE.policies || isOpen(name)) verdicts.set(name, await ask());
    }
  }
  const names = (verdict: Verdict) =>
    [...verdicts].filter(([, one]) => one === verdict).map(([name]) => name);
  const [refused, killed, survivors] = [names('refused'), names('killed'), names('survived')];
  const summary = {
    mutants: verdicts.size,
    refused: refused.length,
    killed: killed.length,
    survivors: survivors.toSorted(),
  };
  writeFileSync(join(FOLDER, 'artefact-result.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
  const wrong = objections({ all: { survivors } }, listed);
  for (const line of wrong) console.error(line);
  return {
    holds: wrong.length === 0,
    summary:
      `${verdicts.size} mutants of the authorizer's data and of Cedar's policies: ${killed.length} killed by decisions, ` +
      `${refused.length} refused, ${survivors.length} live${wrong.length === 0 ? ' for listed reasons' : `; ${wrong.length} objections`}`,
  };
}

type Subject = ReadonlyMap<string, () => Promise<Verdict>>;

/** Of the random policy of a number both artefacts' mutants. */
async function subjects(): Promise<(number: number) => Subject> {
  const memory = await Memory.create();
  const instant = memory.world.instant(1_900_000_000);
  return (number) => {
    const draw = seededDraw(41, number);
    const { policy, plan } = repaired(drawPolicy(draw), instant);
    const revocations = revocationsOf(policy, instant);
    const asked = draw.list(SIZE.requests, () => {
      const spec = drawRequest(draw, plan, policy.revocations);
      return memory.world.pose(spec, instant);
    });
    const clients = asked.filter(({ spec }) => spec.point === 'gateway');

    const handler = async function* (change: (template: Template) => Template) {
      const point = new HandlerPoint('REST API', {
        issuers: memory.issuers,
        world: memory.world,
        overSockets: false,
        change,
      });
      point.apply(plan, revocations);
      for (const posed of clients) {
        const { status, line } = await point.ask(posed);
        yield JSON.stringify([status, line?.rule, line?.operation, line?.wouldRefuse, line?.wouldAllow]);
      }
    };
    const index = cedarIndex(plan.policy, revocations);
    const cedar = async function* ({ schema, policies }: CedarJson) {
      const engine = new CedarEngine('artefacts', {
        schema,
        policies: policies.map(({ id, json }) => ({
          id,
          effect: 'permit',
          statement: json as unknown as string,
        })),
        tooLarge: [],
      });
      const [finding] = engine.findings();
      if (finding !== undefined) throw new Error(finding);
      for (const { request } of asked) {
        const question = questionOf(index, request);
        const outcome = outcomeOf(question, engine.isAllowed);
        yield `${outcome} ${question.kind === 'ask' ? decidingRule(engine.ask(question.call).by) : ''}`;
      }
    };

    const data = deployed(plan, revocations).template as unknown as Json;
    const authorizer = shapesOf(data).map((shape): [string, () => Promise<Verdict>] => [
      `authorizer: ${shape}`,
      () =>
        verdictOf(
          handler,
          (template: Template) => template,
          () => () => without(data, shape) as unknown as Template,
        ),
    ]);
    const document = cedarJson(compileCedar(plan.policy));
    const policies = [...cedarMutants(document)].map(([name, make]): [string, () => Promise<Verdict>] => [
      `cedar: ${name}`,
      () => verdictOf(cedar, document, make),
    ]);
    return new Map([...authorizer, ...policies]);
  };
}

/** Asks an artefact one request after another. */
type Ask<Artefact> = (artefact: Artefact) => AsyncGenerator<string>;

/** What it answers unchanged, once. */
const unchanged = new WeakMap<object, Promise<string[]>>();

async function verdictOf<Artefact>(
  ask: Ask<Artefact>,
  whole: Artefact,
  mutant: () => Artefact,
): Promise<Verdict> {
  const expected = unchanged.get(ask) ?? answersOf(ask(whole));
  unchanged.set(ask, expected);
  const wanted = await expected;
  try {
    let at = 0;
    for await (const answer of ask(mutant())) if (answer !== wanted[at++]) return 'killed';
    return 'survived';
  } catch {
    return 'refused';
  }
}

async function answersOf(answers: AsyncIterable<string>): Promise<string[]> {
  const list: string[] = [];
  for await (const answer of answers) list.push(answer);
  return list;
}
