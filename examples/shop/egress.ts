import {
  allow,
  allowOut,
  connect,
  deny,
  sourceNetwork,
  tcp,
  workload,
  type ZeroTrustModel,
} from 'zero-trust-platform';
import shop from './model.js';

/** The shop's bank, and where its rates come from. */
export const BANK = 'api.bank.example';
export const RATES = 'rates.example';

/** The shop with its ways out and its database, as the local run and AWS have it. */
const model: ZeroTrustModel = {
  ...shop,
  services: { ...shop.services, ledger: tcp({ maxConnections: 100 }) },
  access: [
    ...(shop.access ?? []),
    allow(workload('orders'), workload('payments')).to('ledger', connect()).named('ledger'),
    deny(workload('payments'))
      .to('ledger', connect())
      .unless(sourceNetwork('10.0.0.0/8'))
      .named('payments-from-inside'),
    allow(workload('reports'))
      .to('ledger', connect())
      .named('ledger-for-reports')
      .audited({ until: '2030-01-01T00:00:00Z', reason: 'would the reports need it?' }),
  ],
  egress: [
    allowOut(workload('payments'))
      .to(`https://${BANK}`, 'POST /transfers', 'GET /transfers/{id}')
      .named('transfer'),
    allowOut(workload('orders')).to(`https://${RATES}`, 'GET /rates/**').named('rates'),
    allowOut(workload('reports'))
      .to(`https://${RATES}`, 'GET /history/{year}')
      .named('rates-of-the-past')
      .audited({ until: '2030-01-01T00:00:00Z', reason: 'what would the reports ask for?' }),
  ],
};
export default model;
