import type { StatefulAuthorizationCall } from '@cedar-policy/cedar-wasm/nodejs';
import { resolve } from '../lib/plan/index.js';
import { decide, indexPolicy, type PolicyIndex, type Request } from '../lib/policy/index.js';
import { CedarPolicy, isAllowed } from './cedar.js';
import type { Benchmark, Subject } from './harness.js';
import { requestsFor } from './requests.js';
import { platform } from './workload.js';

const SIZES = [10, 100, 1000, 10_000];

/** Requests that a subject goes round. As many at every size, so that they weigh alike. */
const REQUESTS = 4000;

/** What ten random rules cost is luck: so many platforms that at least this many rules are asked. */
const LEAST_RULES = 100;

/** Every how manyth request the two are compared by before anything is measured. */
const COMPARED_EVERY = 4;

/** One request, ready for either. */
interface Question {
  readonly index: PolicyIndex;
  readonly request: Request;
  readonly call: StatefulAuthorizationCall;
}

export const benchmark: Benchmark = {
  name: 'decide',
  description: 'one decision with 10 to 10,000 rules, beside Cedar on the same policies',
  cases: [
    ...SIZES.map((rules) => () => ({
      size: rules,
      subjects: [ours('decide', rules), cedars('Cedar', rules)] as const,
    })),
    // One case after the other shows the machine's drift as well: the growth is measured side by side.
    () => growth('decide', ours),
    () => growth('Cedar', cedars),
  ],
};

function growth(what: string, subject: (name: string, rules: number) => Subject) {
  const [first, ...others] = SIZES.map((rules) => subject(`${what}, ${rules} rules`, rules));
  return { size: 'growth', subjects: [first as Subject, ...others] as const };
}

function ours(name: string, rules: number): Subject {
  return { name, run: around(questions(rules), ({ index, request }) => decide(index, request)) };
}

function cedars(name: string, rules: number): Subject {
  return { name, run: around(questions(rules), ({ call }) => isAllowed(call)) };
}

/** Go round the questions, and on from where the last sample ended. */
function around(asked: readonly Question[], answer: (question: Question) => unknown): Subject['run'] {
  let at = 0;
  return (iterations) => {
    for (let done = 0; done < iterations; done += 1) {
      // What is thrown away unseen, an engine may not compute at all.
      if (answer(asked[at] as Question) === undefined) throw new Error('no answer');
      at = (at + 1) % asked.length;
    }
  };
}

const prepared = new Map<number, readonly Question[]>();

function questions(rules: number): readonly Question[] {
  const known = prepared.get(rules);
  if (known) return known;
  const platforms = Math.max(1, LEAST_RULES / rules);
  const asked = Array.from({ length: platforms }, (_, at) => ask(rules, at + 1, REQUESTS / platforms));
  // Neighbours ask different platforms, as they ask different rules.
  const mixed = Array.from(
    { length: REQUESTS },
    (_, at) => asked[at % platforms]![Math.floor(at / platforms)]!,
  );
  compare(mixed);
  prepared.set(rules, mixed);
  return mixed;
}

function ask(rules: number, seed: number, count: number): Question[] {
  const plan = resolve(platform({ rules, seed }));
  const index = indexPolicy(plan.policy);
  const cedar = new CedarPolicy(`${rules} rules, ${seed}`, plan.policy);
  return requestsFor(plan, count, seed).map((request) => ({ index, request, call: cedar.call(request) }));
}

/** Both must answer alike, and neither always the same, before their cost means anything. */
function compare(asked: readonly Question[]): void {
  const answers = new Set<boolean>();
  for (const { index, request, call } of asked.filter((_, at) => at % COMPARED_EVERY === 0)) {
    const decision = decide(index, request);
    const allowed = decision.outcome === 'allow';
    if (allowed !== isAllowed(call))
      throw new Error(`Cedar differs on ${JSON.stringify({ request, decision })}`);
    answers.add(allowed);
  }
  if (answers.size < 2) throw new Error('every request is answered alike');
}
