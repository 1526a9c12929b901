import { allow, allowOut, user, workload } from '../../../lib/index.js';
import { type Example, platform } from './example.js';

const audit = (until: string) => ({ until, reason: 'to see' });
const read = allow(user({ issuer: 'people' })).to('orders', 'GET /orders/{id}');
const rates = allowOut(workload('web')).to('https://rates.example', 'GET /rates');

/** Checks about rules that change at an instant. */
export const dates: Readonly<Record<string, Example>> = {
  'audit-expired': {
    compliant: [platform([read, read.named('x').audited(audit('2026-11-21'))])],
    violating: [
      [platform([read.audited(audit('2026-11-20'))]), 'access[0].audit.until'],
      [platform([read], { egress: [rates.audited(audit('2026-11-20'))] }), 'egress[0].audit.until'],
      [platform([read.audited(audit('2026-11-20T13:00:00+01:00'))]), 'access[0].audit.until'],
    ],
  },
  'audit-past-end': {
    compliant: [platform([read.until('2026-11-22').audited(audit('2026-11-21'))])],
    violating: [
      [platform([read.until('2026-11-21').audited(audit('2026-11-22'))]), 'access[0].audit.until'],
      [platform([read.until('2026-11-21').audited(audit('2026-11-21'))]), 'access[0].audit.until'],
      [
        platform([read], { egress: [rates.until('2026-11-21').audited(audit('2026-11-22'))] }),
        'egress[0].audit.until',
      ],
    ],
  },
  'allow-expired': {
    compliant: [platform([read.until('2026-11-20T12:00:01Z')])],
    violating: [
      [platform([read.until('2026-11-20T12:00:00Z')]), 'access[0].until'],
      [platform([read.until('2026-11-20')]), 'access[0].until'],
      [platform([read], { egress: [rates.until('2026-11-20T13:00:00+01:00')] }), 'egress[0].until'],
    ],
  },
};
