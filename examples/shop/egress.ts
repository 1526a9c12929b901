import { allowOut, workload, type ZeroTrustModel } from 'zero-trust-platform';
import shop from './model.js';

/** The shop's bank, and where its rates come from. */
export const BANK = 'api.bank.example';
export const RATES = 'rates.example';

/** The shop with its ways out, which the local run has and other engines do not yet. */
const model: ZeroTrustModel = {
  ...shop,
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
