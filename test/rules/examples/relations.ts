import {
  allow,
  anyone,
  compliantDevice,
  deny,
  mfa,
  signedInWithin,
  sourceNetwork,
  user,
  workload,
} from '../../../lib/index.js';
import { type Example, partners, people, platform } from './example.js';

const partner = user({ issuer: 'partners' });
const employee = user({ issuer: 'people' });
const audit = (until: string) => ({ until, reason: 'to see' });
const read = allow(employee).to('orders', 'GET /orders/{id}');
const sharing = { people, partners: { ...partners, sharedAudience: ['orders', 'payments'] } };

/** Checks about rules among one another. */
export const relations: Readonly<Record<string, Example>> = {
  'delegation-without-audience': {
    compliant: [
      platform([
        allow(workload('orders').onBehalfOf(employee)).to('payments', 'rpc a.B/C'),
        allow(workload('orders').onBehalfOf(user())).to('payments', 'rpc a.B/D'),
        allow(workload('orders')).to('payments', 'rpc a.B/E'),
      ]),
      platform([allow(workload('orders').onBehalfOf(partner)).to('payments', 'rpc a.B/C')], {
        providers: sharing,
      }),
    ],
    violating: [
      [
        platform([allow(workload('orders').onBehalfOf(partner)).to('payments', 'rpc a.B/C')]),
        'access[0].principals[0].forUser',
      ],
      [
        platform([allow(workload('web').onBehalfOf(partner)).to('payments', 'rpc a.B/C')], {
          providers: sharing,
        }),
        'access[0].principals[0].forUser',
      ],
      [
        platform([allow(workload('orders').onBehalfOf(user())).to('stock', 'GET /')], {
          providers: { partners },
        }),
        'access[0].principals[0].forUser',
      ],
    ],
  },
  'delegation-cycle': {
    compliant: [
      platform([
        allow(workload('web').onBehalfOf(user())).to('orders', 'GET /'),
        allow(workload('web').onBehalfOf(user())).to('stock', 'GET /'),
        allow(workload('orders').onBehalfOf(user())).to('stock', 'GET /'),
        allow(workload('stock')).to('web', 'GET /'),
        deny(workload('stock')).to('web', 'GET /a'),
      ]),
    ],
    violating: [
      [
        platform([
          allow(workload('web').onBehalfOf(user())).to('orders', 'GET /'),
          allow(workload('orders').onBehalfOf(user())).to('web', 'GET /'),
        ]),
        'access[1].principals[0].forUser',
      ],
      [
        platform([
          allow(workload('stock').onBehalfOf(user())).to('web', 'GET /'),
          allow(workload('web').onBehalfOf(user())).to('orders', 'GET /'),
          allow(workload('orders').onBehalfOf(employee)).to('stock', 'GET /'),
          allow(workload('web').onBehalfOf(user())).to('payments', 'rpc a.B/C'),
        ]),
        'access[2].principals[0].forUser',
      ],
    ],
  },
  'contradictory-rule': {
    compliant: [
      platform([read, deny(partner).to('orders', 'GET /**')]),
      platform([read, deny(employee).to('orders', 'GET /**').unless(mfa())]),
      platform([read, deny(employee).to('orders', 'GET /orders/7', 'PUT /orders/{id}')]),
      platform([read, deny(employee).to('orders', 'GET /**').audited(audit('2027-01-01'))]),
      platform([read.audited(audit('2027-01-01')), deny(employee).to('orders', 'GET /**')]),
      platform([allow(user()).to('orders', 'GET /'), deny(employee).to('orders', 'GET /')]),
      platform([allow(workload('web')).to('stock', 'GET /'), deny(user()).to('stock', 'GET /')]),
    ],
    violating: [
      [platform([deny(employee).to('orders', 'GET /orders/{x}'), read]), 'access[1]'],
      [platform([read.when(mfa()), deny(anyone()).to('orders', 'GET /**')]), 'access[0]'],
      [platform([allow(user()).to('orders', 'GET /'), deny(user()).to('orders', 'GET /**')]), 'access[0]'],
      [platform([read, deny(employee).to('orders', 'GET /**').audited(audit('2026-01-01'))]), 'access[0]'],
      [
        platform([
          allow(workload('web').onBehalfOf(employee)).to('stock', 'GET /'),
          deny(partner, employee).to('stock', 'PUT /a', 'GET /'),
        ]),
        'access[0]',
      ],
      [
        platform([
          allow(workload('web'), workload('orders')).to('stock', 'GET /'),
          deny(workload('orders'), workload('web')).to('stock', 'GET /'),
        ]),
        'access[0]',
      ],
    ],
  },
  'shadowed-rule': {
    compliant: [
      platform([read, allow(partner).to('orders', 'GET /**')]),
      platform([read, allow(user({ issuer: 'people', groups: ['a'] })).to('orders', 'GET /**')]),
      platform([read, allow(employee).to('orders', 'GET /**').when(mfa())]),
      platform([read, allow(employee).to('orders', 'GET /**').audited(audit('2027-01-01'))]),
      platform([read.audited(audit('2027-01-01')), allow(employee).to('orders', 'GET /**')]),
      platform([allow(workload('web')).to('orders', 'GET /'), allow(anyone()).to('orders', 'GET /')]),
      platform([
        read.when(signedInWithin({ hours: 2 })),
        allow(employee)
          .to('orders', 'GET /**')
          .when(signedInWithin({ hours: 1 })),
      ]),
      platform([
        deny(employee).to('orders', 'GET /').unless(mfa(), sourceNetwork('10.0.0.0/8')),
        deny(employee).to('orders', 'GET /**').unless(mfa()),
      ]),
      platform([deny(employee).to('orders', 'GET /'), deny(employee).to('orders', 'GET /**').unless(mfa())]),
    ],
    violating: [
      [platform([allow(employee).to('orders', 'GET /**'), read]), 'access[1]'],
      [platform([read, read.named('again')]), 'access[1]'],
      [platform([read, allow(anyone()).to('orders', 'GET /orders/{x}')]), 'access[0]'],
      [
        platform([
          allow(user({ issuer: 'people', groups: ['a', 'b'], claims: { c: 1 } }))
            .to('orders', 'GET /')
            .when(mfa()),
          allow(user({ groups: ['b'] })).to('orders', 'GET /'),
        ]),
        'access[0]',
      ],
      [
        platform([
          read.when(signedInWithin({ hours: 2 }), sourceNetwork('10.0.0.0/8')),
          read.when(signedInWithin({ hours: 1 }), mfa(), sourceNetwork('10.1.0.0/16', '10.2.3.0/24')),
        ]),
        'access[1]',
      ],
      [
        platform([
          allow(workload('web').onBehalfOf(employee)).to('stock', 'GET /a/{b}'),
          allow(workload('web')).to('stock', 'GET /a/**'),
        ]),
        'access[0]',
      ],
      [
        platform([
          deny(employee).to('orders', 'GET /').unless(mfa()),
          deny(user()).to('orders', 'GET /**').unless(mfa(), compliantDevice()),
          deny(anyone()).to('orders', 'PUT /**'),
          deny(workload('web')).to('orders', 'PUT /a'),
        ]),
        'access[0]',
        'access[3]',
      ],
    ],
  },
};
