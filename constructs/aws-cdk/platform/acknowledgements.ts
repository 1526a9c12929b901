import { Stack, Token, Validations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { identityRecords } from '../../../lib/authority/identity-record.js';
import type { CertificateAuthority } from '../authority/index.js';

/** A finding of cdk-nag (AwsSolutions, NIST 800-53 r5) that is meant to be so, and why. */
type Acknowledged = Readonly<Record<string, string>>;

const SYNCHRONOUS =
  'It is invoked synchronously only, and its caller has the error. There is no event that could be lost.';
const ASYNCHRONOUS =
  'CloudFormation and a schedule invoke it without waiting. Lambda tries again twice; a deployment without an answer fails at its time limit, and an alarm takes silence for a breach. A queue would hold events that nobody may replay.';

/** Of every function of the platform. */
const FUNCTIONS: Acknowledged = {
  'NIST.800.53.R5-LambdaConcurrency':
    'A reserved number takes from what the account has for all functions, so it is a choice of the account: `reservedConcurrency`. A throttled function refuses, and an alarm tells.',
  'NIST.800.53.R5-LambdaDLQ': SYNCHRONOUS,
  'NIST.800.53.R5-LambdaInsideVPC':
    'It reaches AWS APIs and issuers only, by TLS that it verifies, and listens on nothing. A network would add interfaces and a way into the network.',
};

/** Of functions that a deployment or a schedule invokes. */
const DEPLOYMENT_FUNCTIONS: Acknowledged = { ...FUNCTIONS, 'NIST.800.53.R5-LambdaDLQ': ASYNCHRONOUS };

/** Of every role. */
const ROLES: Acknowledged = {
  'NIST.800.53.R5-IAMNoInlinePolicy':
    'Each policy names the resources of one role and is of use to no other. An inline policy cannot be attached elsewhere and goes with its role.',
};

/** Of every bucket. */
const BUCKETS: Acknowledged = {
  'NIST.800.53.R5-S3BucketReplicationEnabled':
    'A platform stands in one region. Every object has versions, and what is lost with the region is issued anew in the next.',
};

const ACCESS_LOGS: Acknowledged = {
  ...BUCKETS,
  'NIST.800.53.R5-S3DefaultEncryptionKMS':
    'S3 delivers access logs only to buckets with its own keys ("Enabling Amazon S3 server access logging"). They hold names of objects, no content.',
};

/** Of every API. */
const EDGE: Acknowledged = {
  'AwsSolutions-APIG2':
    'A body means nothing to the edge: the authorizer judges method and path, and what a body must be its service knows. The firewall limits its size.',
  'AwsSolutions-APIG3':
    'The firewall is associated in the nested stack of the service, where the rule does not look.',
  'AwsSolutions-COG4':
    'The method has the token authorizer, which checks tokens of every issuer of the model and the rules too.',
  'NIST.800.53.R5-APIGWAssociatedWithWAF':
    'The firewall is associated in the nested stack of the service, where the rule does not look.',
  'NIST.800.53.R5-APIGWCacheEnabledAndEncrypted':
    "A cached answer would be given without the service having been asked, and to another user's request.",
};

const ANY_REGISTRY: Acknowledged = {
  'AwsSolutions-IAM5[Resource::*]':
    'ecr:GetAuthorizationToken knows no resource (Service Authorization Reference); what may be pulled the other statements say.',
};

const MESH: Acknowledged = {
  ...DEPLOYMENT_FUNCTIONS,
  ...ROLES,
  ...BUCKETS,
  'AwsSolutions-ECS2':
    'The environment says where things are: bucket, hash, ports. No secret is in it, and a law over the templates sees to that.',
  ...ANY_REGISTRY,
  'NIST.800.53.R5-S3DefaultEncryptionKMS':
    'The bucket holds configurations without any secret, each checked by its hash. A key of its own would be one more thing that keeps tasks from starting.',
};

const REVOCATIONS: Acknowledged = {
  ...DEPLOYMENT_FUNCTIONS,
  ...ROLES,
  ...BUCKETS,
  'NIST.800.53.R5-S3DefaultEncryptionKMS':
    'The one object names what is refused. A key of its own would be one more thing that, lost, closes every service.',
};

const NETWORK: Acknowledged = {
  ...ROLES,
  'NIST.800.53.R5-VPCDefaultSecurityGroupClosed':
    'Nothing is in the default group: every task names its one group. Closing it takes a function with rights over every group of the account.',
  'NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW':
    'Only the NAT gateway stands in these subnets; tasks have no public address, and their groups let out to named groups alone.',
};

const GATEWAY: Acknowledged = {
  'AwsSolutions-ELB2':
    'The balancer passes TLS through and sees no request. The gateway logs every decision, and the flow log every connection.',
  'NIST.800.53.R5-ELBLoggingEnabled':
    'The balancer passes TLS through and sees no request. The gateway logs every decision, and the flow log every connection.',
  'NIST.800.53.R5-ELBDeletionProtectionEnabled':
    'Nothing is kept in it, and it has to go with the stack. A change set shows its deletion before it happens.',
  'NIST.800.53.R5-ELBv2ACMCertificateRequired':
    'The listener ends no TLS. The gateway does, by a certificate of a public authority that API Gateway verifies.',
};

/** Of the load balancer of clients, which stands with the gateway. */
const LOAD_BALANCER: Acknowledged = {
  'AwsSolutions-EC23':
    'Clients come from everywhere, unless allowedNetworks says otherwise. The firewall stands before them.',
  'AwsSolutions-ELB2':
    'A line of its access log has the whole address, with what a query says. The gateway logs every decision without the query, the firewall every refusal.',
  'NIST.800.53.R5-ELBLoggingEnabled':
    'A line of its access log has the whole address, with what a query says. The gateway logs every decision without the query, the firewall every refusal.',
  'NIST.800.53.R5-ALBWAFEnabled': 'The firewall is associated in the same stack, with a list of another one.',
};

/** The same where browsers sign in, and of what seals their sessions. */
const LOGIN: Acknowledged = {
  ...DEPLOYMENT_FUNCTIONS,
  ...ROLES,
  ...LOAD_BALANCER,
  'AwsSolutions-EC23':
    'Browsers come from everywhere, unless allowedNetworks says otherwise. The firewall stands before them.',
  'AwsSolutions-ELB2':
    'A line of its access log has the whole address, and a sign-in comes back with its code in it. The gateway logs every decision without the query, the firewall every refusal.',
  'NIST.800.53.R5-ELBLoggingEnabled':
    'A line of its access log has the whole address, and a sign-in comes back with its code in it. The gateway logs every decision without the query, the firewall every refusal.',
};

const API_GATEWAY_LOGGING: Acknowledged = ROLES;

const ARCHIVE: Acknowledged = { ...ROLES, ...BUCKETS };

const VISIBILITY: Acknowledged = {
  'NIST.800.53.R5-CloudTrailCloudWatchLogsEnabled':
    'Alarms come from EventBridge, which has the same events earlier; a log group would be paid for by the volume of every call in the account.',
  'AwsSolutions-ATH1':
    'Results are kept by Athena, encrypted by its own key, for a day. The workgroup has no bucket that could be left in clear text.',
};

/** What each part's place is acknowledged for. */
export const ACKNOWLEDGED: Readonly<Record<string, Acknowledged>> = {
  authority: {
    ...FUNCTIONS,
    'NIST.800.53.R5-LambdaDLQ': `Registration: ${SYNCHRONOUS} Root: ${ASYNCHRONOUS}`,
    ...ROLES,
    ...BUCKETS,
    'CloudFormation-Validate::W9003':
      'The CDK writes the timeout of a custom resource as a text, which CloudFormation takes for the number that it is.',
  },
  'access-logs': ACCESS_LOGS,
  authorizer: { ...FUNCTIONS, ...ROLES },
  edge: EDGE,
  mesh: MESH,
  network: NETWORK,
  revocations: REVOCATIONS,
  gateway: GATEWAY,
  login: LOGIN,
  'load-balancer': LOAD_BALANCER,
  'api-gateway-logging': API_GATEWAY_LOGGING,
  archive: ARCHIVE,
  visibility: VISIBILITY,
};

/** Record why findings below a part's place are meant, for cdk-nag and for auditors. */
export function acknowledge(place: Construct, part: string): void {
  for (const [id, reason] of Object.entries(ACKNOWLEDGED[part] ?? {})) {
    Validations.of(place).acknowledge({ id, reason });
  }
}

/** The two wildcards of the registration function, each below a prefix that is the platform's own. */
export function acknowledgeRegistration(authority: CertificateAuthority, bucketId: string): void {
  const { account, region } = Stack.of(authority);
  const path = `parameter${identityRecords(authority.platform)}/*`;
  const records = `arn:<AWS::Partition>:ssm:${shown(region, 'Region')}:${shown(account, 'AccountId')}:${path}`;
  Validations.of(authority.registration.role).acknowledge(
    {
      id: `AwsSolutions-IAM5[Resource::${records}]`,
      reason:
        "A role's record is found by the role's unique id, which only a deployment knows. The path is this platform's, and the right is to read.",
    },
    {
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/issued/*]`,
      reason: 'Each issuance is an object of its own, named by the attestation. Nothing else lies below it.',
    },
  );
}

/** What a stream may write: each below the prefix of its kind. */
export function acknowledgeArchive(archive: Construct, bucketId: string): void {
  for (const kind of ['decisions', 'firewall', 'access']) {
    Validations.of(archive).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${kind}/*]`,
      reason:
        'Firehose names each object by its time. The prefix is of one stream, and what lies there it wrote itself.',
    });
  }
}

/** Objects of the configurations' bucket: each below the name of its point. */
export function acknowledgeConfigurations(
  place: Construct,
  bucket: string,
  points: readonly string[] = ['key-tunnel', 'gateway'],
): void {
  const reason =
    'Names of objects are hashes of what is in them; one role writes all, a point reads its own.';
  for (const objects of ['*', ...points.map((point) => `${point}/*`)]) {
    Validations.of(place).acknowledge({
      id: `AwsSolutions-IAM5[Resource::<${bucket}>/${objects}]`,
      reason,
    });
  }
}

/** What `join` adds to a task definition of the user's own. */
export function acknowledgeMember(task: Construct, service: string, bucketId: string): void {
  const own = { ...ROLES, 'AwsSolutions-ECS2': MESH['AwsSolutions-ECS2']!, ...ANY_REGISTRY };
  for (const [id, reason] of Object.entries(own)) Validations.of(task).acknowledge({ id, reason });
  Validations.of(task).acknowledge({
    id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${service}/*]`,
    reason: "Every revision of this service's own configuration, and no other service's.",
  });
}

/** The role by which API Gateway writes logs, of which the account has one. */
export function acknowledgeApiGatewayLogging(logging: Construct): void {
  const { account, region } = Stack.of(logging);
  acknowledge(logging, 'api-gateway-logging');
  Validations.of(logging).acknowledge({
    id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:logs:${shown(region, 'Region')}:${shown(account, 'AccountId')}:*]`,
    reason:
      'The setting is of the whole account, and API Gateway makes log groups of its own for each API and stage.',
  });
}

/** As cdk-nag prints a pseudo parameter. */
function shown(value: string, pseudo: string): string {
  return Token.isUnresolved(value) ? `<AWS::${pseudo}>` : value;
}
