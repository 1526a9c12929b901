import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAccount } from 'aws-cdk-lib/aws-apigateway';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

const ID = 'ZeroTrustApiGatewayLogging';

/**
 * Lets API Gateway write logs. It is a setting of the account and region, so there is one for each app's
 * outermost stack, and it stays when the stack goes: other APIs have come to need it.
 */
export class ApiGatewayLogging extends Construct {
  /** The one of the outermost stack around `scope`. */
  static of(scope: Construct): ApiGatewayLogging {
    const stack = outermost(Stack.of(scope));
    const known = stack.node.tryFindChild(ID);
    return known instanceof ApiGatewayLogging ? known : new ApiGatewayLogging(stack, ID);
  }

  constructor(scope: Construct, id: string) {
    super(scope, id);
    // The actions that API Gateway asks for, on log groups of this account and region.
    const role = new Role(this, 'Role', {
      description: 'API Gateway writes access and execution logs',
      // API Gateway does not document that it names the account for which it acts here. Where it does, it must be
      // this one; nobody else can hand it the role, as `iam:PassRole` does not reach into another account.
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com', {
        conditions: { StringEqualsIfExists: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      inlinePolicies: {
        Logs: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: [
                'logs:CreateLogGroup',
                'logs:CreateLogStream',
                'logs:DescribeLogGroups',
                'logs:DescribeLogStreams',
                'logs:PutLogEvents',
                'logs:GetLogEvents',
                'logs:FilterLogEvents',
              ],
              resources: [
                Stack.of(this).formatArn({
                  service: 'logs',
                  resource: '*',
                  arnFormat: ArnFormat.NO_RESOURCE_NAME,
                }),
              ],
            }),
          ],
        }),
      },
    });
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    const account = new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
    account.applyRemovalPolicy(RemovalPolicy.RETAIN);
  }
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent ? outermost(stack.nestedStackParent) : stack;
}
