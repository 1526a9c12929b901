import fc from 'fast-check';
import type { ProofSeen } from '../../../lambda/authorizer/proof.js';
import { MemoryReplay } from '../../../lambda/authorizer/replay.js';

const MOST = 40;

interface Seen {
  readonly holder: string;
  readonly proof: ProofSeen;
}
type Answer = 'taken' | 'used' | 'refused';

async function use(store: MemoryReplay, holder: string, proof: ProofSeen): Promise<Answer> {
  return store.use(proof, holder).then(
    (isNew) => (isNew ? 'taken' : 'used'),
    () => 'refused',
  );
}

/** What the memory must answer, counted anew each time. */
function expected(seen: readonly Seen[], holder: string, { id }: ProofSeen, now: number): Answer {
  const alive = seen.filter(({ proof }) => Math.ceil(proof.until) > Math.floor(now));
  if (alive.some(({ proof }) => proof.id === id)) return 'used';
  const own = alive.filter((one) => one.holder === holder).length;
  return own * 8 < MOST - alive.length ? 'taken' : 'refused';
}

const step = fc.record({
  holder: fc.constantFrom('a', 'b', 'c', 'd'),
  jti: fc.nat(9),
  wait: fc.constantFrom(0, 0, 0, 0.4, 1, 7),
  age: fc.double({ min: -6, max: 6, noNaN: true }),
});

test('no proof passes twice while it is young enough, and somebody is refused only for what they hold themselves', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
      let now = 1000;
      const seen: Seen[] = [];
      const store = new MemoryReplay(() => now * 1000, MOST);
      for (const { holder, jti, wait, age } of steps) {
        now += wait;
        const proof = { id: `${holder}.${jti}`, until: now + age + 7 };
        const answer = expected(seen, holder, proof, now);
        expect(await use(store, holder, proof)).toBe(answer);
        if (answer === 'taken') seen.push({ holder, proof });
      }
    }),
  );
});

test('who fills the memory is refused; everybody else goes on, up to the bound', async () => {
  const store = new MemoryReplay(() => 0, 9000);
  const taken = async (holder: string, times: number) => {
    let count = 0;
    for (let jti = 0; jti < times; jti += 1) {
      const answer = await use(store, holder, { id: `${holder}.${jti}`, until: 60 });
      if (answer === 'taken') count += 1;
    }
    return count;
  };
  expect(await taken('greedy', 2000)).toBe(1000);
  expect(await taken('honest', 100)).toBe(100);
  expect(await taken('greedy', 2000)).toBe(0);
  for (let one = 0; one < 20; one += 1) await taken(`greedy ${one}`, 2000);
  expect(await taken('late', 50)).toBe(50);
  for (let one = 0; one < 10_000; one += 1) await taken(`one of many ${one}`, 1);
  expect(await taken('too late', 1)).toBe(0);
});

test.each([
  ['forward and back', [1100, 1000]],
  ['back and forward', [900, 1000]],
  ['back by what the proof lives', [1061, 999]],
])('a clock that is set %s brings no proof back', async (_, jumps) => {
  let now = 1000;
  const store = new MemoryReplay(() => now * 1000, MOST);
  const proof = { id: 'a', until: 1060 };
  expect(await use(store, 'a', proof)).toBe('taken');
  for (const jump of jumps) {
    now = jump;
    expect(await use(store, 'b', { id: `b.${jump}`, until: jump + 300 })).toBe('taken');
  }
  expect(await use(store, 'a', proof)).not.toBe('taken');
});
