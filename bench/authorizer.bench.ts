import { execFileSync } from 'node:child_process';
import { verify } from 'node:crypto';
import { join } from 'node:path';
import { PeerBundles, PEERS } from './authorizer/bundles.js';
import { memory } from './authorizer/memory.js';
import { CANDIDATE, type Judge, ourJudge, ours, oursWith, peers, type Verify } from './authorizer/peers.js';
import { sizes } from './authorizer/sizes.js';
import { type Algorithm, ALGORITHMS, eventOf, FLOOR, fresh, tokenOf } from './authorizer/tokens.js';
import type { Benchmark, Case, Subject } from './harness.js';

/** Distinct tokens that a subject goes round: more than any cache of a processor holds. */
const TOKENS = 4000;
const COLD_START = join(__dirname, 'authorizer/cold-start.cjs');

export const benchmark: Benchmark = {
  name: 'authorizer',
  description: 'the token authorizer beside the bare signature check and what teams take instead',
  cases: [
    ...ALGORITHMS.map((algorithm) => () => uncached(algorithm)),
    () => lookUp(),
    () => hot(),
    ...['expired', 'wrong audience', 'unknown key', 'alg none', 'malformed', '64 KiB of junk'].map(
      (what) => () => rejected(what),
    ),
    () => cold(),
  ],
  facts: [sizes, memory],
};

/** Token, claims, revocations and policy of ours; token and claims of the peers. */
async function uncached(algorithm: Algorithm): Promise<Case> {
  const tokens = Array.from({ length: TOKENS }, () => tokenOf(algorithm));
  return {
    size: `${algorithm}, every token new`,
    subjects: [
      floor(algorithm, tokens),
      each('ours', admitted(await ourJudge()), tokens.map(authorizationOf)),
      ...peers().map(({ name, verify }) => each(name, verify, tokens)),
    ],
  };
}

/** As the event brings a token to ours. */
function authorizationOf(token: string): string {
  return `Bearer ${token}`;
}

function admitted(judge: Judge): Verify {
  return (authorization) => {
    const verdict = judge(authorization);
    // The keys are fetched out of band; a slow round waits for them.
    if (!(verdict instanceof Promise) && verdict.decision.outcome !== 'allow') throw new Error('refused');
    return verdict;
  };
}

/** What is left of a token that was seen before. */
async function lookUp(): Promise<Case> {
  const tokens = Array.from({ length: TOKENS }, () => tokenOf('RS256'));
  const known = new Map(tokens.map((token) => [token, { end: Date.now() / 1000 + 9999 }]));
  const subjects: [Subject, ...Subject[]] = [
    each('Map.get of the whole token', (token) => (known.get(token)?.end ?? 0) > Date.now() / 1000, tokens),
    each('the copy alone', (token) => token.length, tokens),
  ];
  const caches = [{ name: 'ours', cached: await oursWith(2 * TOKENS) }, ...peers()];
  for (const { name, cached } of caches) {
    if (!cached) continue;
    for (const token of tokens) await cached(token);
    subjects.push(each(name, cached, tokens));
  }
  return { size: 'look-up, 4,000 tokens', subjects };
}

/** An event to an answer, the same token all the time. */
function hot(): Case {
  const text = JSON.stringify(eventOf(tokenOf('RS256')));
  const { handler } = ours();
  const answer = (admit: Verify) => async (event: { headers: { authorization: string } }) => {
    const claims = (await admit(event.headers.authorization.slice('Bearer '.length))) as { scope: string };
    return { isAuthorized: ` ${claims.scope} `.includes(' orders/read ') };
  };
  const subjects: [Subject, ...Subject[]] = [hotSubject('ours', text, handler)];
  for (const peer of peers()) {
    if (peer.cached) subjects.push(hotSubject(`${peer.name} in a handler`, text, answer(peer.cached)));
  }
  return { size: 'handler, one hot token', subjects };
}

function hotSubject(name: string, text: string, handler: (event: never) => Promise<unknown>): Subject {
  return {
    name,
    async run(iterations) {
      for (let done = 0; done < iterations; done += 1) await handler(JSON.parse(text) as never);
    },
  };
}

async function rejected(what: string): Promise<Case> {
  const token = {
    expired: () => tokenOf('RS256', { exp: 1000 }),
    'wrong audience': () => tokenOf('RS256', { aud: 'other' }),
    'unknown key': () => tokenOf('RS256', {}, { kid: 'nobody' }),
    'alg none': () => tokenOf('RS256', {}, { alg: 'none' }),
    malformed: () => 'x'.repeat(700),
    '64 KiB of junk': () => `${tokenOf('RS256').split('.')[0]}.${'A'.repeat(65_536)}.AAAA`,
  }[what]!();
  const good = Array.from({ length: 200 }, () => tokenOf('RS256'));
  const taken = new Error(`${what} is taken`);
  // A promise is waited for only where there is one: it would cost more than most refusals.
  const refused = (admit: Verify) => (one: string) => {
    let answer: unknown;
    try {
      answer = admit(one);
    } catch {
      return undefined;
    }
    if (!(answer instanceof Promise)) throw taken;
    return answer.then(
      () => Promise.reject(taken),
      () => undefined,
    );
  };
  const judge = await ourJudge();
  const own = { name: 'ours', admit: judge as Verify, refuse: judged(judge, taken), as: authorizationOf };
  const others = peers().map(({ name, verify: admit }) => ({
    name,
    admit,
    refuse: refused(admit),
    as: String,
  }));
  const subjects = [own, ...others];
  // Somebody was admitted before, as in every environment that bad tokens come to.
  for (const { admit, as } of subjects) await admit(as(good[0]!));
  return {
    size: `refused: ${what}`,
    subjects: [
      floor('RS256', good),
      ...subjects.map(({ name, refuse, as }) => same(name, refuse, as(token))),
    ],
  };
}

/** Refuses a token; a promise, where that takes time. */
type Refuse = (token: string) => Promise<void> | undefined;

/** Ours answers a bad token as it answers a good one; libraries throw. */
function judged(judge: Judge, taken: Error): Refuse {
  return (one) => {
    const verdict = judge(one);
    // A fetch of keys, once a second.
    if (verdict instanceof Promise) return verdict;
    if (verdict.decision.outcome === 'allow') throw taken;
    return undefined;
  };
}

/** A process of its own that loads a handler and answers its first request; what Node itself takes is not counted. */
function cold(): Case {
  const bundles = new PeerBundles();
  // What the handlers are configured by.
  ours();
  const env = { ...process.env, AUTHZ_EVENT: JSON.stringify(eventOf(tokenOf('RS256'))) };
  const subject = (name: string, handler: string): Subject => {
    let used = 0;
    return {
      name,
      cpu: () => used,
      sampleMicroseconds: 1,
      run(iterations) {
        for (let done = 0; done < iterations; done += 1) {
          used += Number(execFileSync(process.execPath, [COLD_START, handler], { env, encoding: 'utf8' }));
        }
      },
    };
  };
  const [first, ...others] = PEERS.map((name) => subject(name, bundles.path(name)));
  return {
    size: 'cold: require and first request',
    subjects: [first!, subject('ours', CANDIDATE), ...others],
    close: () => bundles.close(),
  };
}

/** The bare check of the same signatures, everything else prepared. */
function floor(algorithm: Algorithm, tokens: readonly string[]): Subject {
  const { hash, key } = FLOOR[algorithm];
  const items = tokens.map((token) => {
    const dot = token.lastIndexOf('.');
    return [Buffer.from(token.slice(0, dot)), Buffer.from(token.slice(dot + 1), 'base64url')] as const;
  });
  let at = 0;
  return {
    name: 'crypto.verify',
    run(iterations) {
      for (let done = 0; done < iterations; done += 1) {
        const [text, signature] = items[at]!;
        if (!verify(hash, text, key, signature)) throw new Error('no signature');
        at = (at + 1) % items.length;
      }
    },
  };
}

/** Always the same string: a copy of a long one would cost more than to refuse it. */
function same(name: string, refuse: Refuse, token: string): Subject {
  return {
    name,
    async run(iterations) {
      for (let done = 0; done < iterations; done += 1) {
        const answer = refuse(token);
        if (answer) await answer;
      }
    },
  };
}

/** Goes round the tokens, each time in a new string; that copy is a part of what every subject costs. */
function each(name: string, admit: Verify, tokens: readonly string[]): Subject {
  let at = 0;
  return {
    name,
    async run(iterations) {
      for (let done = 0; done < iterations; done += 1) {
        const answer = admit(fresh(tokens[at]!));
        if (answer instanceof Promise) await answer;
        at = (at + 1) % tokens.length;
      }
    },
  };
}
