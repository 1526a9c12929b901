import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decide } from '../../lib/policy/decide.js';
import type { Request } from '../../lib/policy/request.js';
import { SAMPLES } from './corpus.js';
import { HOST, type Sample } from './corpus-sample.js';
import { type Applied, Ground } from './equality/ground.js';
import { faultOfLine } from './support/decision-log.js';
import { Http1Client, requestBytes } from './support/http1.js';
import { Http2Client, requestFields } from './support/http2.js';
import { answerOf } from './support/outcome.js';
import type { Reply } from './support/reply.js';

/**
 * The canonical grammar on sockets: exact bytes, both protocols, both kinds of point. `decide` says what
 * is right; where HTTP itself refuses first, the table below says how, and nothing else may differ.
 */
interface ProtocolAnswer {
  readonly http: 1 | 2;
  /** A status, or how the stream ended without one. */
  readonly answer: number | 'reset' | 'closed';
  readonly why: string;
  readonly samples: RegExp;
}

const PROTOCOL: readonly ProtocolAnswer[] = [
  { http: 1, answer: 426, why: 'not HTTP/1.1', samples: /^HTTP\/|^(path|query) with raw 0x0a$/ },
  {
    http: 1,
    answer: 431,
    why: 'too many headers, or too large',
    samples: /^a header above 60 KiB$|^many headers$/,
  },
  {
    http: 1,
    answer: 501,
    why: 'a transfer coding that is not `chunked`',
    samples: /^transfer coding (gzip|chunked, identity|xchunked|chunked, chunked|identity)$/,
  },
  {
    http: 1,
    answer: 400,
    why: 'malformed headers or body',
    samples:
      /^a NUL in a value$|^a space before a colon$|^a header (without a name|name with)|^length|^two lengths$|^a chunk of no size$/,
  },
  { http: 1, answer: 403, why: 'an upgrade', samples: /^an upgrade to a socket$/ },
  {
    http: 2,
    answer: 'reset',
    why: 'malformed pseudo-headers, or a value that one cannot have',
    samples: new RegExp(
      [
        '^(path|query) with raw 0x([01].|20|7f)$',
        '^path \\\\',
        '^host "( |.*[/@ ö].*)?"$',
        '^method "(CONNECT|GET\\\\u0000)"$',
        '^target ',
        '^absolute form|^authority form$',
        '^(two hosts|the same host twice|two paths|no host|no path|no method|no scheme)$',
        '^a space in the target$',
        '^an unknown pseudo-header$|^a pseudo-header after a header$|^extended CONNECT$',
      ].join('|'),
    ),
  },
  {
    http: 2,
    answer: 'reset',
    why: 'a header that HTTP/2 forbids, or with `_` in its name',
    samples:
      /^header (x_role|_|x-forwarded_for|content_length|host_)$|^a (carriage return alone|line feed|NUL) in a value$|^a header (without a name|name (in|with))|^length|^an upgrade|^te: gzip$|^keep-alive header$|^connection: close$|^many headers$/,
  },
  {
    http: 2,
    answer: 'closed',
    why: 'headers beyond what a connection takes',
    samples: /^a header above 60 KiB$/,
  },
];

/** The same table as a reader has it. */
test('docs/policy.md has this table', () => {
  const text = readFileSync(join(__dirname, '../../docs/policy.md'), 'utf8');
  const [, rows = ''] = text.split('| HTTP | Answer | To |\n|---|---|---|\n');
  const written = rows
    .slice(0, rows.indexOf('\n\n'))
    .split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  const known = PROTOCOL.map(({ http, answer, why }) => [http === 1 ? '1.1' : '2', String(answer), why]);
  const lines = (table: readonly (readonly string[])[]) => table.map((row) => row.join(' | ')).sort();
  expect(lines(written)).toEqual(lines(known));
});

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

let ground: Ground;
let applied: Applied;
beforeAll(async () => {
  ground = await Ground.create();
  const everywhere = { service: 'orders', principals: [{ kind: 'anyone' }] };
  const policy = await ground.apply({
    parts: {
      access: [
        { ...everywhere, effect: 'allow', operations: METHODS.map((method) => `${method} /**`) },
        {
          ...everywhere,
          effect: 'deny',
          operations: METHODS.map((method) => `${method} /admin/**`),
          unless: [{ kind: 'multiFactor' }],
        },
      ],
    },
    revocations: [],
  });
  if (!policy) throw new Error('the model of the corpus is not valid');
  applied = policy;
});
afterAll(async () => {
  await ground.close();
});

interface Result {
  readonly sample: Sample;
  readonly expected: ReturnType<typeof decide>;
  readonly reply: Reply;
  /** What arrived behind the point. */
  readonly arrived: string | undefined;
}

let asked = 0;

async function run(at: 'gateway' | 'sidecar', http: 1 | 2): Promise<Result[]> {
  const peer = at === 'gateway' ? undefined : applied.plan.gateway.spiffeId;
  const target = await ground.points[at].peer(peer);
  const [client1, client2] = [new Http1Client(target), new Http2Client(target)];
  const results: Result[] = [];
  for (const sample of SAMPLES[http]) {
    const trace = `00-${(asked += 1).toString(16).padStart(32, '0')}-00f067aa0ba902b7-01`;
    const { method, path, host, headers } = sample;
    const line = ['traceparent', trace] as const;
    const reply =
      http === 1
        ? await client1.send(
            sample.http1?.(line.join(': ')) ?? requestBytes(method, path, host, [line, ...headers]),
          )
        : await client2.send(sample.http2?.(line) ?? requestFields(method, path, host, [line, ...headers]));
    const request: Request = {
      point: at === 'gateway' ? { kind: 'gateway' } : { kind: 'sidecar', service: 'orders' },
      ...(peer !== undefined && { peer }),
      method,
      authority: host,
      path,
      headers,
      credential: { kind: 'none' },
      sourceAddress: '127.0.0.1',
      now: 0,
    };
    const received = ground.testbed.received.get(trace);
    const arrived = received && `${received.method} ${received.path}`;
    results.push({ sample, expected: decide(applied.index, request), reply, arrived });
  }
  client1.close();
  client2.close();
  return results;
}

/** What came back, where that is not what `decide` says. */
function deviation({ sample, expected, reply, arrived }: Result): number | string | undefined {
  const wanted = answerOf(expected.outcome, false);
  const isForwarded = arrived === `${sample.method} ${sample.path}`;
  if (
    reply.status === wanted.status &&
    (expected.outcome === 'allow' ? isForwarded : arrived === undefined)
  ) {
    return undefined;
  }
  return reply.status ?? reply.end;
}

/** Where each is asked: what differs behind an edge hangs on no path. */
const POINTS = ['gateway', 'sidecar'] as const;

describe.each([1, 2] as const)('HTTP/%s', (http) => {
  const results: Record<string, Result[]> = {};

  test.each(POINTS)('at a %s', async (at) => {
    results[at] = await run(at, http);
    const undocumented = results[at].flatMap((result) => {
      const found = deviation(result);
      if (found === undefined) return [];
      const row = PROTOCOL.find((known) => known.http === http && known.samples.test(result.sample.name));
      const isRefused = result.expected.outcome === 'allow' || result.arrived === undefined;
      if (row && found === row.answer && isRefused) return [];
      return [
        { name: result.sample.name, expected: result.expected.outcome, found, arrived: result.arrived },
      ];
    });
    expect(undocumented).toEqual([]);
    expect(results[at].length).toBeGreaterThan(1000);
  });

  test('what the points wrote down about all this is sound', () => {
    for (const at of POINTS) {
      const lines = ground.points[at].takeLines();
      expect(lines.length).toBeGreaterThan(500);
      expect(lines.map(faultOfLine).filter((fault) => fault !== undefined)).toEqual([]);
    }
  });

  test('both points answer alike', () => {
    const answers = (at: string) =>
      (results[at] ?? []).map(({ sample, reply }) => [sample.name, reply.status, reply.end]);
    expect(answers('gateway')).toEqual(answers('sidecar'));
  });

  test('every answer of the protocol is one that is given', () => {
    const here = PROTOCOL.filter((row) => row.http === http);
    const given = here.map(({ answer, samples }) =>
      (results['gateway'] ?? []).some(
        (result) => samples.test(result.sample.name) && deviation(result) === answer,
      ),
    );
    expect(given).toEqual(here.map(() => true));
  });

  test('what is canonical and what is not are both there', () => {
    const outcomes = new Set((results['sidecar'] ?? []).map(({ expected }) => expected.outcome));
    expect([...outcomes].sort()).toEqual(['allow', 'forbidden', 'nonCanonical']);
    expect(HOST).toBe(applied.plan.services['orders']?.authority);
  });
});
