import { ArnFormat, Names, Stack, Token } from 'aws-cdk-lib';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, type CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';
import { asMade, keepAsMade } from '../support/as-made.js';
import { encryptedLogGroup, grantToLogs, logKey } from '../support/encrypted-log-group.js';
import { ConstructError } from '../support/error.js';
import type { WebFirewallProps } from './props.js';

/** "Logging AWS WAF web ACL traffic", AWS WAF Developer Guide: names of log groups begin so. */
const PREFIX = 'aws-waf-logs-';

/** Neither a token nor a query ever reaches a log or a sample of requests. */
export const DATA_PROTECTION: CfnWebACL.DataProtectionConfigProperty = {
  dataProtections: [
    { action: 'SUBSTITUTION', field: { fieldType: 'SINGLE_HEADER', fieldKeys: ['authorization'] } },
    { action: 'SUBSTITUTION', field: { fieldType: 'SINGLE_COOKIE' } },
    { action: 'SUBSTITUTION', field: { fieldType: 'QUERY_STRING' } },
  ],
};

/** The same once more where the log is written: each of the two is enough. */
const REDACTED = [
  { singleHeader: { Name: 'authorization' } },
  { singleHeader: { Name: 'cookie' } },
  { queryString: {} },
];

/** Log what the list does; returns where to. */
export function logFirewall(scope: Construct, webAclArn: string, props: WebFirewallProps): ILogGroup {
  const logGroup = props.logGroup ?? ownLogGroup(scope, props);
  checkName(scope, logGroup);
  const logging = new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn: webAclArn,
    // Without the `:*` that ends the ARN of an L2 log group.
    logDestinationConfigs: [
      Stack.of(scope).formatArn({
        service: 'logs',
        resource: 'log-group',
        resourceName: logGroup.logGroupName,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      }),
    ],
    redactedFields: REDACTED,
    ...((props.logged ?? 'refused') === 'refused' && { loggingFilter: REFUSED }),
  });
  keepAsMade(scope, asMade(logging, { ResourceArn: webAclArn, RedactedFields: logging.redactedFields }));
  return logGroup;
}

const REFUSED = {
  DefaultBehavior: 'DROP',
  Filters: [
    {
      Behavior: 'KEEP',
      Requirement: 'MEETS_ANY',
      Conditions: ['BLOCK', 'COUNT', 'EXCLUDED_AS_COUNT', 'CAPTCHA', 'CHALLENGE'].map((Action) => ({
        ActionCondition: { Action },
      })),
    },
  ],
};

function ownLogGroup(scope: Construct, props: WebFirewallProps): ILogGroup {
  const encryptionKey = props.encryptionKey ?? logKey(scope, 'LogKey');
  grantToLogs(scope, encryptionKey);
  const name = Names.uniqueResourceName(scope, { maxLength: 100, separator: '-' });
  return encryptedLogGroup(scope, 'LogGroup', { ...props, encryptionKey, name: `${PREFIX}${name}` });
}

function checkName(scope: Construct, { logGroupName }: ILogGroup): void {
  if (Token.isUnresolved(logGroupName) || logGroupName.startsWith(PREFIX)) return;
  throw new ConstructError(scope, {
    code: 'firewall-log-name',
    message: 'AWS WAF does not write to a log group of this name',
    prop: 'logGroup',
    found: JSON.stringify(logGroupName),
    expected: `a name that begins with ${PREFIX}`,
    remedy: 'Name the log group so, or leave it to the firewall.',
  });
}
