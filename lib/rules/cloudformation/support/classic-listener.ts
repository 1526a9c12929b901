import { type TemplateFinding, undecided, violation } from './check.js';
import { at, boolean, listOf, mapsOf, openIn, shown, text, words } from './read.js';
import type { Reading } from './reading.js';
import type { Resource } from './template.js';
import { Text, type Value } from './value.js';

/** "Predefined SSL security policies for Classic Load Balancers": the one without TLS 1.0 and 1.1. */
const MODERN = 'ELBSecurityPolicy-TLS-1-2-2017-01';
const EXPECTED = `HTTPS or SSL with ${MODERN}, or a newer load balancer`;

/** Listeners of a classic load balancer, which has them and their policies inside. */
export function classicListeners(balancer: Resource, reading: Reading): TemplateFinding[] {
  const policies = mapsOf(reading.get(balancer, 'Policies'));
  return listOf(reading.get(balancer, 'Listeners')).flatMap((listener, index) => {
    const path = ['Listeners', index];
    const protocol = listener instanceof Text ? listener : text(at(listener, 'Protocol'));
    if (protocol instanceof Text) return [undecided(path, protocol, EXPECTED)];
    if (/^HTTP$/i.test(protocol ?? '')) {
      const message = 'requests are handed on that came without TLS';
      return [violation(path, message, { found: shown(protocol), expected: EXPECTED })];
    }
    if (!/^(?:HTTPS|SSL)$/i.test(protocol ?? '')) return [];
    const names = listOf(at(listener, 'PolicyNames')).map(words);
    return negotiated(
      path,
      policies.filter(({ PolicyName: name }) => names.includes(words(name))),
    );
  });
}

/** Which versions a listener's policies let be negotiated. */
function negotiated(path: readonly (string | number)[], policies: readonly Value[]): TemplateFinding[] {
  const attributes = policies
    .filter((policy) => words(at(policy, 'PolicyType')) === 'SSLNegotiationPolicyType')
    .flatMap((policy) => mapsOf(at(policy, 'Attributes')));
  const named = (name: RegExp) => attributes.filter(({ Name: one }) => name.test(words(one)));
  const open = attributes.find(({ Value: value }) => openIn(value));
  if (open) return [undecided(path, open['Value'], EXPECTED)];
  const [reference] = named(/^Reference-Security-Policy$/i);
  const old = named(/^Protocol-(?:SSLv\d|TLSv1(?:\.1)?)$/i).filter(({ Value: on }) => boolean(on) === true);
  const own = attributes.length > 0 && reference === undefined && old.length === 0;
  if (own || words(reference?.['Value']) === MODERN) return [];
  const found = words(reference?.['Value'] ?? old[0]?.['Name']) || 'no policy, so ELBSecurityPolicy-2016-08';
  return [
    violation(path, 'the listener accepts old versions or suites of TLS', { found, expected: EXPECTED }),
  ];
}
