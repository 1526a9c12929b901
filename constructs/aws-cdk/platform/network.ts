import { RemovalPolicy } from 'aws-cdk-lib';
import { FlowLogDestination, FlowLogTrafficType, IpAddresses, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { encryptedLogGroup, grantToLogs, type LogProps } from '../support/encrypted-log-group.js';

/** Where the endpoints of a Network Firewall stand, in each zone. */
export const FIREWALL_SUBNETS = 'firewall';

/**
 * The network of a platform that is given none: two zones, private subnets whose only way out is NAT (the egress
 * gateway's or the key tunnel's, by its security group), and a log of what flows.
 */
export function platformNetwork(
  scope: Construct,
  id: string,
  {
    hasFirewall = false,
    ...logs
  }: LogProps & { readonly encryptionKey: IKey; readonly hasFirewall?: boolean },
): Vpc {
  const home = new Construct(scope, id);
  const vpc = new Vpc(home, 'Vpc', {
    ipAddresses: IpAddresses.cidr('10.64.0.0/16'),
    maxAzs: 2,
    natGateways: 1,
    subnetConfiguration: [
      { name: 'nat', subnetType: SubnetType.PUBLIC, cidrMask: 24, mapPublicIpOnLaunch: false },
      { name: 'private', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 20 },
      // The least that a subnet has; behind the others, whose addresses stay.
      ...(hasFirewall
        ? [{ name: FIREWALL_SUBNETS, subnetType: SubnetType.PRIVATE_ISOLATED, cidrMask: 28 }]
        : []),
    ],
  });
  // Subnets are replaced if zones change; the network itself goes last.
  vpc.applyRemovalPolicy(RemovalPolicy.DESTROY);
  grantToLogs(home, logs.encryptionKey);
  const logGroup = encryptedLogGroup(home, 'FlowLog', logs);
  vpc.addFlowLog('Flows', {
    destination: FlowLogDestination.toCloudWatchLogs(logGroup),
    trafficType: FlowLogTrafficType.ALL,
  });
  return vpc;
}
