import { type TemplateCheck, undecided, violation } from './support/check.js';
import { shown, text } from './support/read.js';

/**
 * "Security policies for your Application Load Balancer", Elastic Load Balancing: TLS 1.2 or 1.3, forward secrecy, no
 * policy of the Ext family, which bring back what the others left out.
 */
const MODERN =
  /^ELBSecurityPolicy-(?:TLS13-1-[23](?:-Res)?(?:-FIPS)?(?:-PQ)?-\d{4}-\d{2}|FS-1-2-Res-2020-10)$/;
const EXPECTED = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09, or another of TLS 1.2 and 1.3 without "Ext"';

export const listenerTlsPolicy: TemplateCheck = {
  id: 'listener-tls-policy',
  severity: 'error',
  reason:
    'A listener without a policy gets ELBSecurityPolicy-2016-08, which speaks TLS 1.0 and CBC suites without forward secrecy.',
  fix: 'Set `SslPolicy` (`sslPolicy`) to a TLS 1.3 policy: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09.',
  types: ['AWS::ElasticLoadBalancingV2::Listener'],
  run(listener, reading) {
    const protocol = text(reading.get(listener, 'Protocol'));
    const encrypted = typeof protocol === 'string' ? /^(HTTPS|TLS)$/i.test(protocol) : protocol !== undefined;
    // Without a protocol a listener with a certificate is one of HTTPS or TLS.
    if (!encrypted && (protocol !== undefined || reading.get(listener, 'Certificates') === undefined))
      return [];
    const policy = text(reading.get(listener, 'SslPolicy'));
    if (policy === undefined) {
      const found = 'no SslPolicy, so ELBSecurityPolicy-2016-08';
      return [violation(['SslPolicy'], 'the listener accepts TLS 1.0', { found, expected: EXPECTED })];
    }
    if (typeof policy !== 'string') return [undecided(['SslPolicy'], policy, EXPECTED)];
    if (MODERN.test(policy)) return [];
    const message = 'the listener accepts old versions or suites of TLS';
    return [violation(['SslPolicy'], message, { found: shown(policy), expected: EXPECTED })];
  },
};
