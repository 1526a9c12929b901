import { type Ministack, REGION } from '../../support/aws/ministack.js';

/** The issuer of the only user pool of the local AWS, and the id of its only application. */
export async function onlyPool(aws: Ministack): Promise<{ issuer: string; clientId: string }> {
  const { UserPools } = await cognito<{ UserPools: { Id: string }[] }>(aws, 'ListUserPools', {
    MaxResults: 2,
  });
  expect(UserPools).toHaveLength(1);
  const UserPoolId = UserPools[0]!.Id;
  const { UserPoolClients } = await cognito<{ UserPoolClients: { ClientId: string }[] }>(
    aws,
    'ListUserPoolClients',
    { UserPoolId, MaxResults: 2 },
  );
  expect(UserPoolClients).toHaveLength(1);
  return {
    issuer: `https://cognito-idp.${REGION}.amazonaws.com/${UserPoolId}`,
    clientId: UserPoolClients[0]!.ClientId,
  };
}

async function cognito<Answer>(aws: Ministack, operation: string, body: object): Promise<Answer> {
  const scope = `test/20260101/${REGION}/cognito-idp/aws4_request`;
  const answer = await fetch(aws.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AWSCognitoIdentityProviderService.${operation}`,
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as Answer;
}
