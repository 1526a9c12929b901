import { type TemplateCheck, undecided, violation } from './support/check.js';
import { at, number, referencesIn, shown, text, words } from './support/read.js';
import type { Reading } from './support/reading.js';
import type { Resource } from './support/template.js';
import { Text, type Value } from './support/value.js';

/** "Short-lived certificate mode", AWS Private CA User Guide. */
const LONGEST_DAYS = 7;
const DAYS: Readonly<Record<string, number>> = { DAYS: 1, MONTHS: 30, YEARS: 365 };

export const shortLivedAuthority: TemplateCheck = {
  id: 'short-lived-authority',
  severity: 'error',
  reason:
    'An authority in short-lived mode issues nothing that lasts beyond 7 days: no certificate for ACM, no issuing authority below it. The mode cannot be changed.',
  fix: 'Ask for at most 7 days, or make an authority of the mode GENERAL_PURPOSE for load balancers and as a root.',
  types: ['AWS::ACMPCA::Certificate', 'AWS::CertificateManager::Certificate'],
  run(certificate, reading) {
    const authority = reading.get(certificate, 'CertificateAuthorityArn');
    const mode = modeOf(authority, reading);
    if (mode instanceof Text) return [undecided(['CertificateAuthorityArn'], mode, 'GENERAL_PURPOSE')];
    if (mode !== 'SHORT_LIVED_CERTIFICATE') return [];
    if (certificate.type === 'AWS::CertificateManager::Certificate') {
      const expected = 'an authority of the mode GENERAL_PURPOSE';
      const message = 'ACM has no certificate from an authority in short-lived mode';
      return [violation(['CertificateAuthorityArn'], message, { found: shown(authority), expected })];
    }
    const form = words(reading.get(certificate, 'TemplateArn'));
    // The authority's own certificate may last.
    if (form.includes('RootCACertificate')) return [];
    if (form.includes('SubordinateCACertificate')) {
      const message = 'an issuing authority of 7 days at most is of no use';
      return [violation(['TemplateArn'], message, { found: form, expected: 'a root of GENERAL_PURPOSE' })];
    }
    const days = daysOf(certificate, reading);
    if (days instanceof Text) return [undecided(['Validity'], days, `at most ${LONGEST_DAYS} days`)];
    if (days === undefined || days <= LONGEST_DAYS) return [];
    const expected = `at most ${LONGEST_DAYS} days`;
    return [
      violation(['Validity'], 'the authority issues nothing for so long', {
        found: `${days} days`,
        expected,
      }),
    ];
  },
};

function modeOf(arn: Value, reading: Reading): string | Text | undefined {
  const [named] = referencesIn(arn).filter(
    ({ resource }) => resource.type === 'AWS::ACMPCA::CertificateAuthority',
  );
  return named && text(reading.get(named.resource, 'UsageMode'));
}

function daysOf(certificate: Resource, reading: Reading): number | Text | undefined {
  const validity = reading.get(certificate, 'Validity');
  const value = number(at(validity, 'Value'));
  const unit = DAYS[words(at(validity, 'Type')).toUpperCase()];
  return typeof value === 'number' ? unit && value * unit : value;
}
