import shop from '../../examples/shop/model.js';
import { allow, anyone, defineZeroTrust, http } from '../../lib/model/index.js';
import type { Plan } from '../../lib/plan/plan.js';
import { resolve } from '../../lib/plan/resolve.js';

/** The least that can be deployed: one service, one public route, no issuer. */
const minimal = defineZeroTrust({
  trustDomain: 'least.example',
  environment: 'test',
  services: { web: http({ host: 'www.least.example' }) },
  access: [allow(anyone()).to('web', 'GET /').named('window')],
});

/** Of both, opt-outs and audits are judged at this instant. */
const now = new Date('2026-11-23T00:00:00Z');

export const minimalPlan: Plan = resolve(minimal, { now });
export const shopPlan: Plan = resolve(shop, { now });
