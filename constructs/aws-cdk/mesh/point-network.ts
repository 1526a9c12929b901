import { Duration } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { DnsRecordType, type IPrivateDnsNamespace, Service } from 'aws-cdk-lib/aws-servicediscovery';
import { Construct } from 'constructs';
import { encryptedLogGroup, type LogProps } from '../support/encrypted-log-group.js';

/** How long a caller believes an address; a point that ends takes connections for longer. */
const ADDRESS_LIFETIME = Duration.seconds(10);

export interface PointNetworkProps extends LogProps {
  /** A service, `gateway`, `egress` or `key-tunnel`. */
  readonly name: string;
  readonly mesh: { readonly vpc: IVpc; readonly namespace: IPrivateDnsNamespace };
  readonly encryptionKey: IKey;
}

/** What a point has before any task of it: a closed security group, a name and a log. */
export class PointNetwork extends Construct {
  readonly securityGroup: SecurityGroup;
  readonly discovery: Service;
  readonly logGroup: ILogGroup;

  constructor(scope: Construct, id: string, props: PointNetworkProps) {
    super(scope, id);
    const { name, mesh } = props;
    this.securityGroup = new SecurityGroup(this, 'SecurityGroup', {
      vpc: mesh.vpc,
      description: `${name}: opened by the access rules alone`,
      allowAllOutbound: false,
    });
    this.discovery = new Service(this, 'Discovery', {
      namespace: mesh.namespace,
      name,
      dnsRecordType: DnsRecordType.A,
      dnsTtl: ADDRESS_LIFETIME,
    });
    const { encryptionKey, retention } = props;
    this.logGroup = encryptedLogGroup(this, 'Log', {
      encryptionKey,
      ...(retention !== undefined && { retention }),
    });
  }
}
