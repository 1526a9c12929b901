import {
  allow,
  allowOut,
  anyone,
  claim,
  compliantDevice,
  connect,
  deny,
  google,
  mfa,
  pipeline,
  type RuleLike,
  rpc,
  senderConstrained,
  signedInWithin,
  sourceNetwork,
  tcp,
  user,
  workload,
} from '../../../lib/index.js';
import { ruleId } from '../../../lib/plan/policy.js';
import { type Example, partners, people, platform, services } from './example.js';

const partner = user({ issuer: 'partners' });
const employee = user({ issuer: 'people' });
const withLedger = (...rules: readonly RuleLike[]) =>
  platform(rules, { services: { ...services, ledger: tcp() } });
const read = allow(employee).to('orders', 'GET /orders/{id}');

const rates = allowOut(workload('web')).to('https://rates.example', 'GET /rates');

/** Checks about single rules. */
export const access: Readonly<Record<string, Example>> = {
  'duplicate-rule': {
    compliant: [platform([read, read.named('again'), allow(partner).to('orders', 'GET /orders/{id}')])],
    violating: [
      [platform([read, read]), 'access[1]'],
      [platform([read.named(ruleId(read.rule)), read]), 'access[1]'],
      [platform([read], { egress: [rates, rates] }), 'egress[1]'],
    ],
  },
  'overlapping-operations': {
    compliant: [
      platform([
        allow(employee).to(
          'orders',
          'GET /',
          'GET /a',
          'GET /a/{x}',
          'PUT /a/{x}',
          'GET /a/{x}/b',
          'GET /b/**',
        ),
        allow(employee).to('orders', 'GET /a/{y}', 'GET /c/{x}/d', 'GET /c/{x}/e/{y}'),
        allow(workload('orders')).to('payments', rpc('a.B/C'), rpc('a.B/D')),
      ]),
    ],
    violating: [
      [
        platform([read], {
          egress: [allowOut(workload('web')).to('https://rates.example', 'GET /a/{x}', 'GET /a/b')],
        }),
        'egress[0].operations[1]',
      ],
      [platform([allow(employee).to('orders', 'GET /a', 'GET /a')]), 'access[0].operations[1]'],
      [platform([allow(employee).to('orders', 'GET /a/{x}', 'GET /a/{y}')]), 'access[0].operations[1]'],
      [platform([allow(employee).to('orders', 'GET /a/b', 'GET /a/{y}')]), 'access[0].operations[1]'],
      [platform([allow(employee).to('orders', 'GET /a/{x}', 'GET /{x}/b')]), 'access[0].operations[1]'],
      [platform([allow(employee).to('orders', 'GET /a/**', 'GET /a')]), 'access[0].operations[1]'],
      [platform([allow(employee).to('orders', 'GET /a/{x}/c', 'GET /a/**')]), 'access[0].operations[1]'],
      [platform([deny(employee).to('orders', 'GET /a/**', 'GET /{x}/b/**')]), 'access[0].operations[1]'],
    ],
  },
  'operation-protocol': {
    compliant: [platform([read, allow(workload('web')).to('payments', 'rpc a.B/C')])],
    violating: [
      [
        platform([allow(workload('web')).to('payments', 'POST /a.B/C', rpc('a.B/C'))]),
        'access[0].operations[0]',
      ],
      [platform([allow(employee).to('orders', rpc('a.B/C'))]), 'access[0].operations[0]'],
      [platform([allow(workload('web')).to('orders', connect())]), 'access[0].operations[0]'],
      [
        withLedger(allow(workload('web')).to('ledger', connect(), 'GET /', rpc('a.B/C'))),
        'access[0].operations[1]',
        'access[0].operations[2]',
      ],
    ],
  },
  'tcp-principal': {
    compliant: [
      withLedger(
        allow(workload('web'), workload('orders')).to('ledger', connect()),
        deny(anyone()).to('ledger', connect()),
        deny(workload('orders')).to('ledger', connect()),
      ),
      platform([read]),
    ],
    violating: [
      [withLedger(allow(employee).to('ledger', connect())), 'access[0].principals[0]'],
      [
        withLedger(
          allow(anyone(), pipeline('deploy'), workload('web')).to('ledger', connect()),
          allow(workload('web').onBehalfOf(employee)).to('ledger', connect()),
          deny(employee).to('ledger', connect()),
        ),
        'access[0].principals[0]',
        'access[0].principals[1]',
        'access[1].principals[0].forUser',
        'access[2].principals[0]',
      ],
    ],
  },
  'tcp-condition': {
    compliant: [
      withLedger(
        allow(workload('web')).to('ledger', connect()).when(sourceNetwork('10.0.0.0/8')),
        deny(anyone()).to('ledger', connect()).unless(sourceNetwork('10.0.0.0/8')),
      ),
    ],
    violating: [
      [withLedger(allow(workload('web')).to('ledger', connect()).when(mfa())), 'access[0].when[0]'],
      [
        withLedger(
          allow(workload('web'))
            .to('ledger', connect())
            .when(sourceNetwork('10.0.0.0/8'), claim('a').equals('b'), senderConstrained('certificate')),
          deny(anyone())
            .to('ledger', connect())
            .unless(signedInWithin({ minutes: 5 }), compliantDevice()),
        ),
        'access[0].when[1]',
        'access[0].when[2]',
        'access[1].unless[0]',
        'access[1].unless[1]',
      ],
    ],
  },
  'deny-principal': {
    compliant: [
      platform([
        deny(anyone(), employee, user(), workload('web'), pipeline('deploy')).to('orders', 'GET /a'),
        allow(user({ groups: ['a'], scopes: ['b'], claims: { c: 1 } })).to('orders', 'GET /a'),
      ]),
    ],
    violating: [
      [
        platform([deny(employee, user({ groups: ['a'] })).to('orders', 'GET /a')]),
        'access[0].principals[1].groups',
      ],
      [platform([deny(user({ scopes: ['b'] })).to('orders', 'GET /a')]), 'access[0].principals[0].scopes'],
      [platform([deny(user({ claims: { a: 1 } })).to('orders', 'GET /a')]), 'access[0].principals[0].claims'],
      [
        platform([deny(workload('web').onBehalfOf(user())).to('orders', 'GET /a')]),
        'access[0].principals[0].forUser',
      ],
    ],
  },
  'no-provider': {
    compliant: [platform([allow(anyone()).to('web', 'GET /')], { providers: {} }), platform([read])],
    violating: [
      [platform([allow(user()).to('web', 'GET /')], { providers: {} }), 'access[0].principals[0]'],
      [platform([deny(user()).to('web', 'GET /')], { providers: {} }), 'access[0].principals[0]'],
      [
        platform([allow(workload('web').onBehalfOf(user())).to('stock', 'GET /')], { providers: {} }),
        'access[0].principals[0].forUser',
      ],
    ],
  },
  'opaque-token': {
    compliant: [
      platform([allow(user()).to('web', 'GET /')], { providers: { google: google(), people } }),
      platform([allow(anyone()).to('web', 'GET /')], { providers: { google: google() } }),
    ],
    violating: [
      [
        platform([allow(user()).to('web', 'GET /')], { providers: { google: google() } }),
        'access[0].principals[0]',
      ],
      [
        platform([deny(user({ issuer: 'google' })).to('web', 'GET /')], {
          providers: { google: google(), people },
        }),
        'access[0].principals[0]',
      ],
      [
        platform([allow(workload('web').onBehalfOf(user({ issuer: 'google' }))).to('stock', 'GET /')], {
          providers: { google: google(), people },
        }),
        'access[0].principals[0].forUser',
      ],
    ],
  },
  'no-audience': {
    compliant: [
      platform([read, allow(pipeline('deploy')).to('orders', 'POST /')]),
      // One of two accepted is enough, and a deny of tokens that are never valid denies nothing.
      platform([allow(user()).to('orders', 'GET /'), deny(partner).to('orders', 'GET /')], {
        providers: { people, partners: { ...partners, audiences: { web: 'w' } } },
      }),
    ],
    violating: [
      [
        platform([allow(employee, partner).to('orders', 'GET /')], {
          providers: { people, partners: { ...partners, audiences: { web: 'w' } } },
        }),
        'access[0].principals[1]',
      ],
      [
        platform([allow(user()).to('orders', 'GET /')], {
          providers: { people: { ...people, audiences: {} } },
        }),
        'access[0].principals[0]',
      ],
      [
        platform([allow(workload('web').onBehalfOf(user())).to('stock', 'GET /')], {
          providers: { people: { ...people, audiences: { web: 'w' } } },
        }),
        'access[0].principals[0].forUser',
      ],
    ],
  },
  'no-public-host': {
    compliant: [
      platform([
        read,
        allow(workload('web'), workload('web').onBehalfOf(user())).to('stock', 'GET /'),
        deny(anyone(), user(), pipeline('deploy')).to('stock', 'GET /'),
      ]),
    ],
    violating: [
      [
        platform([allow(workload('web'), anyone(), employee, pipeline('deploy')).to('stock', 'GET /')]),
        'access[0].principals[1]',
        'access[0].principals[2]',
        'access[0].principals[3]',
      ],
    ],
  },
  'self-call': {
    compliant: [
      platform([
        allow(workload('web')).to('orders', 'GET /'),
        deny(workload('orders')).to('orders', 'GET /'),
      ]),
    ],
    violating: [
      [platform([allow(workload('orders')).to('orders', 'GET /')]), 'access[0].principals[0].service'],
      [
        platform([allow(workload('orders').onBehalfOf(user())).to('orders', 'GET /')]),
        'access[0].principals[0].service',
      ],
    ],
  },
  'condition-cannot-hold': {
    compliant: [
      platform([
        allow(employee, workload('web').onBehalfOf(employee))
          .to('orders', 'GET /a')
          .when(mfa(), signedInWithin({ minutes: 5 }), compliantDevice(), claim('a').equals('b')),
        // One provider that shows it is enough.
        allow(user()).to('orders', 'GET /b').when(mfa(), senderConstrained()),
        allow(anyone(), workload('web'), pipeline('deploy'))
          .to('orders', 'GET /c')
          .when(sourceNetwork('10.0.0.0/8')),
        allow(pipeline('deploy')).to('orders', 'GET /d').when(claim('actor').equals('octocat')),
        // A token that comes with a workload's request lifts a deny of the workload.
        deny(anyone(), workload('web')).to('orders', 'GET /a').unless(mfa(), claim('a').equals('b')),
      ]),
    ],
    violating: [
      [platform([allow(partner).to('orders', 'GET /a').when(mfa())]), 'access[0].when[0]'],
      [
        platform([
          allow(partner)
            .to('orders', 'GET /a')
            .when(signedInWithin({ hours: 1 })),
        ]),
        'access[0].when[0]',
      ],
      [platform([allow(partner).to('orders', 'GET /a').when(compliantDevice())]), 'access[0].when[0]'],
      [
        platform([allow(workload('web').onBehalfOf(partner)).to('orders', 'GET /a').when(mfa())]),
        'access[0].when[0]',
      ],
      [
        platform([
          allow(workload('web'))
            .to('orders', 'GET /a')
            .when(mfa(), claim('a').equals(1), senderConstrained()),
        ]),
        'access[0].when[0]',
        'access[0].when[1]',
        'access[0].when[2]',
      ],
      [
        platform([
          allow(workload('web').onBehalfOf(employee)).to('orders', 'GET /a').when(senderConstrained()),
        ]),
        'access[0].when[0]',
      ],
      [platform([allow(anyone()).to('orders', 'GET /a').when(claim('a').equals(1))]), 'access[0].when[0]'],
      [platform([allow(pipeline('deploy')).to('orders', 'GET /a').when(mfa())]), 'access[0].when[0]'],
      [platform([deny(partner).to('orders', 'GET /a').unless(mfa())]), 'access[0].unless[0]'],
      [platform([deny(pipeline('deploy')).to('orders', 'GET /a').unless(mfa())]), 'access[0].unless[0]'],
      [
        platform([deny(anyone()).to('orders', 'GET /a').unless(mfa())], { providers: { partners } }),
        'access[0].unless[0]',
      ],
    ],
  },
  'contradictory-conditions': {
    compliant: [
      platform([
        allow(employee).to('orders', 'GET /a').when(claim('a').equals('b'), claim('a').equals('c')),
        allow(employee).to('orders', 'GET /b').when(claim('a').equals('b'), claim('a').presentAndNot('c')),
        allow(employee)
          .to('orders', 'GET /c')
          .when(claim('a').equals(true), claim(['a', 'b']).equals(false)),
      ]),
    ],
    violating: [
      [
        platform([
          allow(employee).to('orders', 'GET /a').when(claim('a').equals(true), claim('a').equals(false)),
        ]),
        'access[0].when[1]',
      ],
      [
        platform([
          allow(employee)
            .to('orders', 'GET /a')
            .when(claim('a').equals('1'), claim(['a']).equals(1)),
        ]),
        'access[0].when[1]',
      ],
      [
        platform([
          deny(employee)
            .to('orders', 'GET /a')
            .unless(mfa(), claim('a').equals('b'), claim('a').presentAndNot('b')),
        ]),
        'access[0].unless[2]',
      ],
    ],
  },
  'open-source-network': {
    compliant: [
      platform([allow(anyone()).to('orders', 'GET /a').when(sourceNetwork('10.0.0.0/8', '::1/128'))]),
    ],
    violating: [
      [
        platform([
          allow(anyone()).to('orders', 'GET /a').when(sourceNetwork('10.0.0.0/8', '0.0.0.0/0')),
          deny(anyone()).to('orders', 'GET /a').unless(sourceNetwork('::/0')),
        ]),
        'access[0].when[0].ranges[1]',
        'access[1].unless[0].ranges[0]',
      ],
    ],
  },
  'broad-public-route': {
    compliant: [
      platform([
        allow(anyone()).to('web', 'GET /', 'GET /assets/**'),
        allow(user()).to('web', 'POST /**'),
        allow(anyone()).to('web', 'PUT /**').when(sourceNetwork('10.0.0.0/8')),
        deny(anyone()).to('web', 'DELETE /**'),
      ]),
    ],
    violating: [
      [platform([allow(user(), anyone()).to('web', 'GET /a', 'PUT /**')]), 'access[0].operations[1]'],
    ],
  },
};
