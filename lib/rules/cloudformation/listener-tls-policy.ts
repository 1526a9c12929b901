import { type TemplateCheck, type TemplateFinding, undecided, violation } from './support/check.js';
import { classicListeners } from './support/classic-listener.js';
import { at, isMap, listOf, openIn, refersTo, shown, text } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';

/**
 * "Security policies for your Application Load Balancer", Elastic Load Balancing: TLS 1.2 or 1.3, forward secrecy, no
 * policy of the Ext family, which bring back what the others left out.
 */
const MODERN =
  /^ELBSecurityPolicy-(?:TLS13-1-[23](?:-Res)?(?:-FIPS)?(?:-PQ)?-\d{4}-\d{2}|FS-1-2-Res-20(?:19-08|20-10))$/;
const EXPECTED = 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09, or another of TLS 1.2 and 1.3 without "Ext"';

export const listenerTlsPolicy: TemplateCheck = {
  id: 'listener-tls-policy',
  severity: 'error',
  reason:
    'A listener without a policy gets ELBSecurityPolicy-2016-08, which speaks TLS 1.0 and CBC suites without forward secrecy. One of plain HTTP hands on what anybody between could read and change, tokens too.',
  fix: 'Set `SslPolicy` (`sslPolicy`) to a TLS 1.3 policy: ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09. Let a listener of plain HTTP redirect to HTTPS, or take it away.',
  types: [
    'AWS::ElasticLoadBalancingV2::Listener',
    'AWS::VpcLattice::Listener',
    'AWS::ElasticLoadBalancing::LoadBalancer',
  ],
  run(listener, reading) {
    if (listener.type === 'AWS::ElasticLoadBalancing::LoadBalancer')
      return classicListeners(listener, reading);
    const protocol = text(reading.get(listener, 'Protocol'));
    if (protocol === 'HTTP') return plain(listener, reading);
    // VPC Lattice chooses versions and suites itself.
    if (listener.type === 'AWS::VpcLattice::Listener') return [];
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

/** Without TLS a listener may send callers to one that has it, or answer by itself, and hand nothing on. */
function plain(listener: Resource, reading: Reading): TemplateFinding[] {
  const rules = reading.deployment
    .resources(`${listener.type}Rule`, 'AWS::VpcLattice::Rule')
    .filter((rule) => refersTo(ownerOf(rule, reading), listener) && reading.exists(rule));
  const actions = [
    ...['DefaultActions', 'DefaultAction'].flatMap((key) => listOf(reading.get(listener, key))),
    ...rules.flatMap((rule) => ['Actions', 'Action'].flatMap((key) => listOf(reading.get(rule, key)))),
  ];
  const detail = { found: 'HTTP', expected: 'HTTPS, or a redirection to it' };
  if (actions.some(forwards)) {
    return [violation(['Protocol'], 'requests are handed on that came without TLS', detail)];
  }
  const open = actions.find((action) => action instanceof Text || openIn(at(action, 'Type')));
  return open === undefined ? [] : [undecided(['Protocol'], open, detail.expected)];
}

function ownerOf(rule: Resource, reading: Reading): Value {
  return reading.get(rule, rule.type === 'AWS::VpcLattice::Rule' ? 'ListenerIdentifier' : 'ListenerArn');
}

function forwards(action: Value): boolean {
  return at(action, 'Type') === 'forward' || (isMap(action) && 'Forward' in action);
}
