import {
  type IUserPool,
  type IUserPoolIdentityProvider,
  ProviderAttribute,
  UserPoolIdentityProviderFacebook,
  UserPoolIdentityProviderGoogle,
  UserPoolIdentityProviderOidc,
} from 'aws-cdk-lib/aws-cognito';
import type { SecretValue } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { checkSecretName } from '../support/secret-name.js';
import type { FederatedProviders, ProviderClient } from './props.js';

/**
 * The federated providers of a pool. Of a provider's user only the address is taken, and it is not called
 * verified because the provider says so: nobody gets another's account by an address.
 */
export function federatedProviders(
  scope: Construct,
  userPool: IUserPool,
  { google, facebook, oidc = {} }: FederatedProviders,
): IUserPoolIdentityProvider[] {
  const made: IUserPoolIdentityProvider[] = [];
  if (google) {
    made.push(
      new UserPoolIdentityProviderGoogle(scope, 'Google', {
        userPool,
        clientId: google.clientId,
        clientSecretValue: secretOf(scope, 'providers.google', google),
        scopes: [...(google.scopes ?? ['openid', 'email'])],
        attributeMapping: { email: ProviderAttribute.GOOGLE_EMAIL },
      }),
    );
  }
  if (facebook) {
    made.push(
      new UserPoolIdentityProviderFacebook(scope, 'Facebook', {
        userPool,
        clientId: facebook.clientId,
        // A reference that CloudFormation resolves: the prop takes text alone.
        clientSecret: secretOf(scope, 'providers.facebook', facebook).unsafeUnwrap(),
        scopes: [...(facebook.scopes ?? ['public_profile', 'email'])],
        attributeMapping: { email: ProviderAttribute.FACEBOOK_EMAIL },
      }),
    );
  }
  for (const [name, provider] of Object.entries(oidc)) {
    made.push(
      new UserPoolIdentityProviderOidc(scope, `Oidc-${name}`, {
        userPool,
        name,
        issuerUrl: provider.issuer,
        clientId: provider.clientId,
        clientSecret: secretOf(scope, `providers.oidc.${name}`, provider).unsafeUnwrap(),
        scopes: [...(provider.scopes ?? ['openid', 'email'])],
        attributeMapping: { email: ProviderAttribute.other('email') },
      }),
    );
  }
  return made;
}

function secretOf(scope: Construct, prop: string, { clientSecret, field }: ProviderClient): SecretValue {
  checkSecretName(scope, `${prop}.clientSecret`, clientSecret);
  return field === undefined ? clientSecret.secretValue : clientSecret.secretValueFromJson(field);
}
