import { AnyPrincipal, Effect, PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';

/**
 * Who may send requests at all, before anything looks at a token. Everybody, because users have no identity
 * of this account: the authorizer judges them. Never in clear text, and never from outside of the networks.
 */
export function resourcePolicy(allowedNetworks: readonly string[] | undefined): PolicyDocument {
  const statement = (effect: Effect, conditions?: Record<string, unknown>) =>
    new PolicyStatement({
      effect,
      principals: [new AnyPrincipal()],
      actions: ['execute-api:Invoke'],
      // Of this API only: API Gateway puts the API's own ARN before it.
      resources: ['execute-api:/*'],
      ...(conditions && { conditions }),
    });
  const statements = [
    statement(Effect.ALLOW),
    statement(Effect.DENY, { Bool: { 'aws:SecureTransport': 'false' } }),
  ];
  if (allowedNetworks) {
    statements.push(statement(Effect.DENY, { NotIpAddress: { 'aws:SourceIp': [...allowedNetworks] } }));
  }
  return new PolicyDocument({ statements });
}
