import { type TemplateCheck, violation } from './support/check.js';
import { refersTo, text } from './support/read.js';

export const federatedMfa: TemplateCheck = {
  id: 'federated-mfa',
  severity: 'warning',
  reason:
    'Multi-factor authentication of a user pool covers its own users only: whoever signs in by a federated provider is not asked.',
  fix: 'Require it at the provider and test for it (`mfa()` in a rule looks at `amr` and `acr`), then acknowledge this.',
  types: ['AWS::Cognito::UserPool'],
  run(pool, reading) {
    if (text(reading.get(pool, 'MfaConfiguration')) !== 'ON') return [];
    const federated = reading.deployment
      .resources('AWS::Cognito::UserPoolIdentityProvider')
      .filter((provider) => refersTo(reading.get(provider, 'UserPoolId'), pool) && reading.exists(provider));
    if (federated.length === 0) return [];
    const found = `${federated.length} identity provider${federated.length === 1 ? '' : 's'}`;
    return [violation(['MfaConfiguration'], 'federated users are not asked for a second factor', { found })];
  },
};
