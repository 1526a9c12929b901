import {
  cognito,
  entra,
  githubActions,
  google,
  oidc,
  type Pipeline,
  type Provider,
} from '../../lib/index.js';
import { parseModel } from '../../lib/model/parse.js';
import { shop } from './shop.js';

const providers: Record<string, Provider> = {
  oidc: oidc({ issuer: 'https://id.example', jwksUri: 'https://id.example/jwks' }),
  cognito: cognito({
    region: 'eu-west-1',
    userPoolId: 'eu-west-1_AbCdEf123',
    clientIds: { orders: '1example23456789' },
    mfa: { claim: 'amr', value: 'mfa' },
  }),
  directory: cognito({ directory: 'staff', clients: { orders: 'web' } }),
  entra: entra({
    tenantId: 'aaaabbbb-0000-cccc-1111-dddd2222eeee',
    applicationIds: { orders: '00001111-aaaa-2222-bbbb-3333cccc4444' },
    mfaAuthenticationContext: 'c1',
    authTimeClaim: 'auth_time',
  }),
  google: google(),
};

test.each(Object.entries(providers))('%s writes a provider of the right shape', (_, provider) => {
  expect(
    parseModel({ ...shop(), identity: { providers: { people: provider } }, access: [] }).diagnostics,
  ).toEqual([]);
});

test('Cognito: the client stands in for the audience, and only access tokens count', () => {
  expect(providers['cognito']).toMatchObject({
    issuer: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123',
    jwksUri: 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123/.well-known/jwks.json',
    audienceClaim: 'client_id',
    requiredClaims: { token_use: 'access' },
    groupsClaim: 'cognito:groups',
  });
  expect(cognito({ region: 'r', userPoolId: 'p', clientIds: {} }).mfa).toBe('none');
});

test('Cognito: a directory that the engine makes has texts for its ids that can never be real', () => {
  const perService = cognito({ directory: 'staff' });
  expect(perService).toMatchObject({
    issuer: 'https://cognito.directory.invalid/staff',
    audienceClaim: 'aud',
    requiredClaims: { token_use: 'access' },
  });
  expect(perService).not.toHaveProperty('audiences');
  expect(cognito({ directory: 'staff', clients: { orders: 'web' } })).toMatchObject({
    audienceClaim: 'client_id',
    audiences: { orders: 'web.staff.directory.invalid' },
  });
});

test('Entra: one tenant, tokens of version 2, and nothing that is not configured', () => {
  const tenantId = 'aaaabbbb-0000-cccc-1111-dddd2222eeee';
  expect(providers['entra']).toMatchObject({
    issuer: `https://login.microsoftonline.com/${tenantId}/v2.0`,
    jwksUri: `https://login.microsoftonline.com/${tenantId}/discovery/v2.0/keys`,
    requiredClaims: { ver: '2.0', tid: tenantId },
    presentClaims: ['azp'],
    clientClaim: 'azp',
    scopeClaim: 'scp',
    exchange: 'on-behalf-of',
    mfa: { claim: 'acrs', value: 'c1' },
    authTimeClaim: 'auth_time',
  });
  expect(entra({ tenantId, applicationIds: {} })).toMatchObject({ mfa: 'none', authTimeClaim: 'none' });
});

test('Google: opaque', () => {
  expect(providers['google']).toMatchObject({ issuer: 'https://accounts.google.com', accessToken: 'opaque' });
});

describe('GitHub Actions', () => {
  const claims = (options: Partial<Parameters<typeof githubActions>[0]>): Pipeline['claims'] =>
    githubActions({ repository: 'octo-org/octo-repo', ...options }).claims;

  test('on a ref', () => {
    expect(claims({ ref: 'refs/heads/main' })).toEqual({
      repository: 'octo-org/octo-repo',
      sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
      ref: 'refs/heads/main',
    });
  });

  test('in an environment, whose name is escaped in the subject only', () => {
    expect(claims({ environment: 'Production:V1' })).toEqual({
      repository: 'octo-org/octo-repo',
      sub: 'repo:octo-org/octo-repo:environment:Production%3AV1',
      environment: 'Production:V1',
    });
  });

  test('with an immutable subject', () => {
    expect(claims({ ownerId: '123456', repositoryId: '456789', ref: 'refs/heads/main' })).toEqual({
      repository: 'octo-org/octo-repo',
      sub: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main',
      repository_owner_id: '123456',
      repository_id: '456789',
      ref: 'refs/heads/main',
    });
  });

  test('with the number of the repository beside a subject of names', () => {
    expect(claims({ repositoryId: '456789', ref: 'refs/heads/main' })).toMatchObject({
      sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
      repository_id: '456789',
    });
  });
});
